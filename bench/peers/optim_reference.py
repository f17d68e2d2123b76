"""Writes what PyTorch's and the authors' optimizers make of given gradients.

Needs torch, safetensors and adamp 0.3.0. Run from the project's root:

    python bench/peers/optim_reference.py core/src/test/resources/io/github/steelyard/reference/peers

The files have the format of the built-in reference cases (see ReferenceCases), so that the tests
replay them in the same way.
"""
import json
import pathlib
import sys

import adamp
import torch
from safetensors.torch import save_file

SHAPES = {"conv": (4, 3, 3, 3), "linear": (5, 6), "bias": (5,), "scalar": ()}
STEPS = 6

CASES = {
    "sgd-plain": (torch.optim.SGD, dict(lr=0.1, weight_decay=0.01)),
    "sgd-momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01)),
    "sgd-nesterov": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "adam-decay": (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)),
    "adam-amsgrad": (torch.optim.Adam, dict(lr=0.01, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.0, amsgrad=True)),
    "adamw-decay": (torch.optim.AdamW, dict(lr=0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)),
    "adamw-amsgrad": (torch.optim.AdamW, dict(lr=0.01, betas=(0.8, 0.9), eps=1e-8, weight_decay=0.1, amsgrad=True)),
    "adamp-timm": (adamp.AdamP, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1, delta=0.1, wd_ratio=0.01, nesterov=True)),
    "adamp-decay": (adamp.AdamP, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1, delta=0.3, wd_ratio=0.2)),
    "adamp-no-first-moment": (adamp.AdamP, dict(lr=0.01, betas=(0.0, 0.99), eps=1e-8, weight_decay=0.0, nesterov=True)),
    "sgdp-plain": (adamp.SGDP, dict(lr=0.1, weight_decay=0.01)),
    "sgdp-dampened-plain": (adamp.SGDP, dict(lr=0.1, dampening=0.5, weight_decay=0.01)),
    "sgdp-decay": (adamp.SGDP, dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01, wd_ratio=0.5)),
}


def orthogonal(gradient, weight):
    g, w = gradient.flatten(1), weight.flatten(1)
    return (g - w * (g * w).sum(1, True) / (w * w).sum(1, True)).view_as(gradient)


def write(folder, name, optimizer_class, options):
    torch.manual_seed(len(name))
    parameters = {n: torch.nn.Parameter(torch.randn(s)) for n, s in SHAPES.items()}
    optimizer = optimizer_class(list(parameters.values()), **options)
    tensors = {f"initial.{n}": p.detach().clone() for n, p in parameters.items()}
    for step in range(1, STEPS + 1):
        for n, p in parameters.items():
            p.grad = torch.randn(p.shape)
            if n == "conv" and step % 3 != 0:  # every third gradient is not orthogonal
                p.grad = orthogonal(p.grad, p.detach())
            tensors[f"step{step}.grad.{n}"] = p.grad.clone()
        optimizer.step()
        for n, p in parameters.items():
            tensors[f"step{step}.param.{n}"] = p.detach().clone()
    metadata = {
        "optimizer": optimizer_class.__name__,
        "hyperparameters": json.dumps(options),
        "steps": str(STEPS),
        "order": json.dumps(list(SHAPES)),
        "made_by": f"bench/peers/optim_reference.py with torch {torch.__version__}, adamp 0.3.0",
    }
    save_file(tensors, folder / f"{name}.safetensors", metadata)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for case, (cls, opts) in CASES.items():
        write(target, case, cls, opts)
