"""Writes logits of whole networks at full image size, to measure how far ours are from them.

Usage: python bench/peers/network_logits.py LOGITS.safetensors NAME...
Needs: what nn_reference.py needs, whose weights and input these are.
"""

import sys

import torch
from nn_reference import GAINS, INPUTS, MODELS, fill, noise
from safetensors.torch import save_file

if __name__ == "__main__":
    logits = {}
    for name in sys.argv[2:]:
        channels, full, _ = INPUTS.get(name, (3, 224, 64))
        model = fill(MODELS[name](full), GAINS.get(name, 1)).eval()
        with torch.no_grad():
            logits[name] = model(noise((1, channels, full, full), 1000).float()).contiguous()
    save_file(logits, sys.argv[1])
