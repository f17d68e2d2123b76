"""The peer's side of bench/peers/speed.py: runs a case for each line of the standard input.

Needs: torch 2.10, safetensors 0.8, torchattacks 3.5.1 with scipy, requests and tqdm; timm 1.0.31 and
adamp 0.3.0 for steps and optimizers.
A line is the name of a function below and its arguments. The function prepares the case, once; what
it returns is run and timed for each such line, and the seconds are printed.
"""

import functools
import os
import sys
import time

import torch
from safetensors import safe_open

import attacks_check


def attack(folder, network, name, steps, epsilon, samples):
    """torchattacks on the network and the images that the other side wrote."""
    import torchattacks
    with safe_open(os.path.join(folder, f"{network}-samples.safetensors"), "pt") as file:
        images, labels = file.get_tensor("images"), file.get_tensor("labels")
        mean, deviation = (float(file.metadata()[key]) for key in ("mean", "deviation"))
    weights = attacks_check.Weights(os.path.join(folder, f"{network}.safetensors"))
    model = attacks_check.Network(
        weights, getattr(attacks_check, network), mean, deviation).eval()
    images, labels = images[:int(samples)].clamp(0, 1), labels[:int(samples)]
    epsilon = float(epsilon)
    if name == "pgd":
        made = torchattacks.PGD(model, eps=epsilon, alpha=epsilon / 4, steps=int(steps))
    else:
        made = torchattacks.APGD(model, eps=epsilon, steps=int(steps), loss="ce")
    return lambda: made(images, labels)


def step(network, batch, channels, size, steps, trainers):
    """Training steps of nn_reference.py's or timm's network, in as many threads as there are trainers."""
    import threading
    trainers = [trainer(network, int(batch), int(channels), int(size)) for _ in range(int(trainers))]

    def repeat(train):
        for _ in range(int(steps)):
            train()

    def side_by_side():
        threads = [threading.Thread(target=repeat, args=(train,)) for train in trainers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return side_by_side if len(trainers) > 1 else lambda: repeat(trainers[0])


def trainer(network, batch, channels, size):
    import nn_reference
    import timm
    build = nn_reference.MODELS.get(network) if network in nn_reference.INPUTS else None
    model = (build(size) if build else timm.create_model(network, num_classes=10)).train()
    images, labels = torch.randn(batch, channels, size, size), torch.randint(10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), 1e-5, fused=True)

    def train():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return train


def optimizer(name, network, steps):
    """PyTorch's fused AdamW and SGD, the authors' AdamP and SGDP."""
    import adamp
    import timm
    parameters = list(timm.create_model(network).parameters())
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) * 1e-3
    settings = {"lr": 1e-7, "weight_decay": 0.01} | ({"momentum": 0.9} if name[:3] == "sgd" else {})
    made = {
        "adamw": lambda: torch.optim.AdamW(parameters, fused=True, **settings),
        "sgd": lambda: torch.optim.SGD(parameters, fused=True, **settings),
        "adamp": lambda: adamp.AdamP(parameters, **settings),
        "sgdp": lambda: adamp.SGDP(parameters, **settings),
    }[name]()

    def repeat():
        for _ in range(int(steps)):
            made.step()

    return repeat


def interaction(folder, network, size, samples, way):
    """The local interaction basis of one transformer block and its edges, and checks the numbers."""
    import interaction_peer
    path = os.path.join(folder, f"interaction-{network}-{size}-{samples}.safetensors")
    return interaction_peer.analysis(path, way)


CASES = {function.__name__: function for function in (attack, step, optimizer, interaction)}


@functools.cache
def case(line):
    name, *arguments = line.split()
    return CASES[name](*arguments)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages print must not look like an answer
    if "OMP_NUM_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    for line in sys.stdin:
        try:
            work = case(line.strip())
            start = time.perf_counter()
            work()
            print(time.perf_counter() - start, file=answers, flush=True)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=answers, flush=True)


if __name__ == "__main__":
    main()
