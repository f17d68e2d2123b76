"""Writes timm's learning rate scale and weight decay of every parameter, with layer-wise decay.

Usage: python bench/peers/layer_decay.py core/src/test/resources/io/github/steelyard/optim
Needs: torch 2.10, timm 1.0.31.
"""

import pathlib
import sys

import timm
from timm.optim import param_groups_layer_decay

MODELS = ["resnet18", "deit_tiny_distilled_patch16_224", "swin_tiny_patch4_window7_224", "convnext_atto"]


def main(folder):
    lines = []
    for name in MODELS:
        model = timm.create_model(name)
        spared = model.no_weight_decay() if hasattr(model, "no_weight_decay") else set()
        groups = param_groups_layer_decay(
            model, weight_decay=0.05, no_weight_decay_list=spared, layer_decay=0.75)
        names = {id(p): n for n, p in model.named_parameters()}
        for group in groups:
            for p in group["params"]:
                lines.append(
                    f"{name} {names[id(p)]} {group['lr_scale']:.12g} {group['weight_decay']:g}")
    (folder / "layer-decay.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
