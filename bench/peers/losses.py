"""Writes the reference file of the losses' test: values and gradients from PyTorch, in float64.

Usage: python bench/peers/losses.py core/src/test/resources/io/github/steelyard/train
Needs: torch 2.10, safetensors 0.8.

Each case stores its inputs, the loss and the loss's gradients by the logits.
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

SAMPLES, CLASSES = 6, 5


def kd(student, teacher, temperature):
    """Hinton's term; batchmean is the mean over samples of the sum over classes."""
    return temperature**2 * F.kl_div(
        F.log_softmax(student / temperature, 1), F.log_softmax(teacher / temperature, 1),
        reduction="batchmean", log_target=True)


def kd_by_sample(student, teacher, temperature):
    return temperature**2 * F.kl_div(
        F.log_softmax(student / temperature, 1), F.log_softmax(teacher / temperature, 1),
        reduction="none", log_target=True).sum(1)


def main(folder):
    torch.manual_seed(0)
    logits = (3 * torch.randn(SAMPLES, CLASSES)).float()
    head = (3 * torch.randn(SAMPLES, CLASSES)).float()
    teacher = (3 * torch.randn(SAMPLES, CLASSES)).float()
    labels = torch.tensor([0, 4, 2, 2, 1, 3])
    soft = torch.softmax(torch.randn(SAMPLES, CLASSES), 1).float()
    tensors = {"logits": logits, "head": head, "teacher": teacher, "labels": labels, "soft": soft}

    def case(name, loss, scale=1.0):
        z = (scale * logits).double().requires_grad_()
        h = (scale * head).double().requires_grad_()
        value = loss(z, h)
        value.backward()
        tensors[f"{name}.loss"] = value.detach()
        tensors[f"{name}.grad"] = z.grad
        if h.grad is not None:
            tensors[f"{name}.grad_head"] = h.grad

    p, t = soft.double(), teacher.double()
    decision = t.argmax(1)
    case("cross_entropy", lambda z, h: F.cross_entropy(z, labels))
    case("cross_entropy_smooth", lambda z, h: F.cross_entropy(z, labels, label_smoothing=0.1))
    case("cross_entropy_soft", lambda z, h: F.cross_entropy(z, p))
    case("cross_entropy_soft_smooth", lambda z, h: F.cross_entropy(z, p, label_smoothing=0.1))
    case("cross_entropy_extreme", lambda z, h: F.cross_entropy(z, labels), scale=100)
    case("soft_cross_entropy", lambda z, h: torch.sum(-p * F.log_softmax(z, -1), -1).mean())
    case("soft_cross_entropy_extreme",
         lambda z, h: torch.sum(-p * F.log_softmax(z, -1), -1).mean(), scale=100)
    case("distillation_soft",
         lambda z, h: 0.7 * F.cross_entropy(z, labels, label_smoothing=0.1) + 0.3 * kd(z, t, 3))
    case("distillation_soft_extreme",
         lambda z, h: 0.7 * F.cross_entropy(z, labels) + 0.3 * kd(z, t, 0.5), scale=100)
    case("distillation_soft_targets", lambda z, h: 0.7 * F.cross_entropy(z, p) + 0.3 * kd(z, t, 2))
    case("distillation_hard",
         lambda z, h: 0.5 * F.cross_entropy(z, labels) + 0.5 * F.cross_entropy(z, decision))
    case("distillation_two_heads_soft",
         lambda z, h: 0.5 * F.cross_entropy(z, labels) + 0.5 * kd(h, t, 3))
    case("distillation_two_heads_hard",
         lambda z, h: 0.5 * F.cross_entropy(z, labels) + 0.5 * F.cross_entropy(h, decision))
    w = torch.tensor([0.5, 2, 1, 4, 0.25], dtype=torch.float64)
    share = w[labels] / w[labels].sum()
    case("cross_entropy_weighted", lambda z, h: F.cross_entropy(z, labels, weight=w))
    case("cross_entropy_smooth_weighted",
         lambda z, h: F.cross_entropy(z, labels, weight=w, label_smoothing=0.1))
    case("cross_entropy_soft_weighted", lambda z, h: F.cross_entropy(z, p, weight=w))
    case("cross_entropy_soft_smooth_weighted",
         lambda z, h: F.cross_entropy(z, p, weight=w, label_smoothing=0.1))
    case("distillation_soft_weighted",
         lambda z, h: 0.7 * F.cross_entropy(z, labels, weight=w)
         + 0.3 * (share * kd_by_sample(z, t, 3)).sum())
    case("distillation_hard_weighted",
         lambda z, h: 0.5 * F.cross_entropy(z, labels, weight=w)
         + 0.5 * (share * F.cross_entropy(z, decision, reduction="none")).sum())
    case("distillation_soft_targets_weighted",
         lambda z, h: 0.7 * F.cross_entropy(z, p, weight=w)
         + 0.3 * ((p * w).sum(1) * kd_by_sample(z, t, 2)).mean())
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "losses.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
