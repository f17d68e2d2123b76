"""Attacks our networks by the reference implementations, for docs/results.md.

Usage: python bench/peers/attacks_check.py SAMPLES WEIGHTS ARCHITECTURE NORM EPSILON SEED ATTACK...
Needs: torch 2.10, safetensors 0.8, pyautoattack 0.2.0 (the AutoAttack package of Croce and Hein
under another name), torchattacks 3.5.1 (PGD, which AutoAttack lacks) with scipy, requests and tqdm.

SAMPLES was written by io.github.steelyard.bench.AttackSamples, WEIGHTS by steelyard export or
train. ARCHITECTURE is conv_small or resnet8; layers that the file says are quantized (LSQ)
are quantized here too, with straight-through gradients. ATTACK is an attack of AutoAttack with the
budget of its standard version, "standard" itself, pgd-20 (5 starts), cw-40 (the margin by PGD) or
cw-l2 (smallest changes). Prints a JSON line for each, and for the worst case: the
share of samples that no attack broke.
"""

import json
import logging
import sys
import time
from unittest import mock

import torch
import torch.nn.functional as F
from safetensors import safe_open


def lsq(x, scale, low, high):
    """y = s round(clamp(x / s)), dy/dx = 1 within the range and 0 outside."""
    ratio = x / scale
    inside = ((ratio >= low) & (ratio <= high)).to(x.dtype)
    value = torch.round(ratio.clamp(low, high)) * scale
    return (x * inside) + (value - x * inside).detach()


class Weights:
    """The state dict of a network, and its layers as functions."""

    def __init__(self, path):
        with safe_open(path, "pt") as file:
            names = list(file.keys())
            prefix = "model/" if any(name.startswith("model/") for name in names) else ""
            self.state = {name[len(prefix):]: file.get_tensor(name)
                          for name in names if name.startswith(prefix)}

    def __getitem__(self, name):
        return self.state[name]

    def weight(self, layer):
        masked = f"{layer}.parametrizations.weight.original"
        if masked not in self.state:
            return self[f"{layer}.weight"]
        value = self[masked]
        for index in range(4):
            at = f"{layer}.parametrizations.weight.{index}"
            if f"{at}.mask" in self.state:
                value = value * self[f"{at}.mask"]
            if f"{at}.scale" in self.state:
                scale = self[f"{at}.scale"].reshape(-1, *[1] * (value.dim() - 1))
                high = 2 ** (int(self[f"{at}.bits"].item()) - 1) - 1
                value = lsq(value, scale, -high - 1, high)
        return value.detach()

    def input(self, layer, x):
        at = f"{layer}.input_quantizer"
        if f"{at}.quantizer.scale" not in self.state:
            return x
        shape = (-1, 1, 1) if x.dim() == 4 else (-1,)
        scale = self[f"{at}.quantizer.scale"]
        scale = scale.reshape(shape) if scale.numel() > 1 else scale
        signed = bool(self.state.get(f"{at}.quantizer.signed", torch.ones(1)).item())
        bits = int(self[f"{at}.quantizer.bits"].item())
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
        before, after = (self.state.get(f"{at}.shift_{part}") for part in ("before", "after"))
        x = x if before is None else x + before.reshape(shape)
        x = lsq(x, scale, low, high)
        return x if after is None else x + after.reshape(shape)

    def conv(self, layer, x, stride, padding):
        return F.conv2d(self.input(layer, x), self.weight(layer), self.state.get(f"{layer}.bias"),
                        stride, padding)

    def linear(self, layer, x):
        return F.linear(self.input(layer, x), self.weight(layer), self.state.get(f"{layer}.bias"))

    def norm(self, layer, x):
        return F.batch_norm(x, self[f"{layer}.running_mean"], self[f"{layer}.running_var"],
                            self[f"{layer}.weight"], self[f"{layer}.bias"])


def conv_small(w, x):
    x = F.relu(w.conv("conv1", x, 2, 1))
    x = F.relu(w.conv("conv2", x, 2, 1))
    return w.linear("fc2", F.relu(w.linear("fc1", x.flatten(1))))


def resnet8(w, x):
    x = F.relu(w.norm("bn1", w.conv("conv1", x, 2, 1)))
    for stage, stride in (("layer1", 1), ("layer2", 2), ("layer3", 2)):
        y = F.relu(w.norm(f"{stage}.0.bn1", w.conv(f"{stage}.0.conv1", x, stride, 1)))
        y = w.norm(f"{stage}.0.bn2", w.conv(f"{stage}.0.conv2", y, 1, 1))
        new = y.shape[1] - x.shape[1]
        skipped = x if stride == 1 else F.pad(
            x[:, :, ::2, ::2], (0, 0, 0, 0, new // 2, new - new // 2))
        x = F.relu(y + skipped)
    return w.linear("linear", x.mean((2, 3)))


class Network(torch.nn.Module):
    def __init__(self, weights, forward, mean, deviation):
        super().__init__()
        self.weights, self.run, self.mean, self.deviation = weights, forward, mean, deviation
        self.placeholder = torch.nn.Parameter(torch.zeros(1))

    def forward(self, seen):
        return self.run(self.weights, (seen - self.mean) / self.deviation)


def margin():
    """The loss of CW within a ball: how far the best other class is above the label."""
    def of(logits, labels):
        label = F.one_hot(labels, logits.shape[1]).bool()
        other = logits.masked_fill(label, -torch.inf).amax(1)
        return (other - logits[label]).sum()
    return of


def iterated(network, images, labels, norm, epsilon, attack, seed):
    """pgd-N or cw-N of so many steps by torchattacks, cw on the margin; a last iterate of 5 starts breaks."""
    import torchattacks
    kind, steps = attack.split("-")
    made = torchattacks.PGD if norm == "Linf" else torchattacks.PGDL2
    made = made(network, eps=epsilon, alpha=epsilon / 4, steps=int(steps))
    held = torch.ones(len(images), dtype=torch.bool)
    loss = {"pgd": torch.nn.CrossEntropyLoss, "cw": margin}[kind]
    with mock.patch("torch.nn.CrossEntropyLoss", loss):
        for start in range(5 if kind == "pgd" else 1):
            torch.manual_seed(5 * seed + start)
            changed = made(images, labels)
            with torch.no_grad():
                held &= network(changed).argmax(1) == labels
    return held


def minimal(network, images, labels, norm, epsilon, attack, seed):
    """The L2 attack of Carlini and Wagner by torchattacks: the smallest change for any of 4 weights."""
    import torchattacks
    held = torch.ones(len(images), dtype=torch.bool)
    for c in (0.1, 1, 10, 100):
        changed = torchattacks.CW(network, c=c, steps=200, lr=0.01)(images, labels)
        with torch.no_grad():
            near = (changed - images).flatten(1).norm(dim=1) <= epsilon
            held &= ~near | (network(changed).argmax(1) == labels)
    return held


def auto(network, images, labels, norm, epsilon, attack, seed):
    from pyautoattack import AutoAttack
    logging.disable(logging.WARNING)
    if attack == "standard":
        made = AutoAttack(network, norm=norm, eps=epsilon, seed=seed)
    else:
        made = AutoAttack(network, norm=norm, eps=epsilon, seed=seed, version="custom",
                          attacks=[attack])
        made.apgd.n_restarts = made.fab.n_restarts = made.apgd_targeted.n_restarts = 1
        made.fab.n_target_classes = made.apgd_targeted.n_target_classes = 9
    found = made.run_standard_evaluation(images, labels, batch_size=len(images))
    adversarial = found[0] if isinstance(found, tuple) else found
    with torch.no_grad():
        return network(adversarial).argmax(1) == labels


def main(samples, path, architecture, norm, epsilon, seed, *attacks):
    torch.set_num_threads(1)
    with safe_open(samples, "pt") as file:
        images, labels = file.get_tensor("images"), file.get_tensor("labels")
        mean, deviation = (float(file.metadata()[key]) for key in ("mean", "deviation"))
    forward = {"conv_small": conv_small, "resnet8": resnet8}[architecture]
    network = Network(Weights(path), forward, mean, deviation).eval()
    images = images.clamp(0, 1)
    with torch.no_grad():
        clean = (network(images).argmax(1) == labels).float().mean().item()
    print(json.dumps({"attack": "clean", "accuracy": clean}), flush=True)
    worst = torch.ones(len(images), dtype=torch.bool)
    for attack in attacks:
        start = time.time()
        run = minimal if attack == "cw-l2" else \
            iterated if attack.startswith(("pgd", "cw")) else auto
        held = run(network, images, labels, norm, float(epsilon), attack, int(seed))
        worst &= held
        print(json.dumps({"attack": attack, "accuracy": held.float().mean().item(),
                          "seconds": round(time.time() - start, 1)}), flush=True)
    print(json.dumps({"attack": "worst case", "accuracy": worst.float().mean().item()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
