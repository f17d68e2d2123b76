"""The peer's side of bench/peers/speed.py: runs a case for each line of the standard input.

Needs: torch 2.10, safetensors 0.8, torchattacks 3.5.1 with scipy, requests and tqdm.
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


CASES = {function.__name__: function for function in (attack,)}


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
