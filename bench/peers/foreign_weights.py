"""Writes what timm and torchvision compute with weights of another image size, layout or program.

Usage: python bench/peers/foreign_weights.py core/src/test/resources/io/github/steelyard/nn
Needs: torch 2.10, torchvision 0.25, timm 1.0.31, safetensors 0.8.

No weights are stored, only the names and shapes of a file's tensors: both sides compute the values
from a formula of the tensor's position (nn_reference.py).
"""

import pathlib
import re
import sys

import torch
import torchvision
from nn_reference import fill, noise, vit
from safetensors.torch import save_file
from timm.models import deit, swin_transformer, vision_transformer
from timm.models._manipulate import adapt_input_conv


def swin(size, window=7):
    return swin_transformer.SwinTransformer(
        img_size=size, patch_size=2, in_chans=1, num_classes=10, embed_dim=8, depths=(2, 2, 2),
        num_heads=(2, 4, 8), window_size=window, drop_path_rate=0)


def authors_swin(state):
    """The layout of the authors' code: downsampling ends a stage, and what is computed is saved."""
    old = {}
    for name, value in state.items():
        name = re.sub(
            r"layers\.(\d+)\.downsample", lambda m: f"layers.{int(m[1]) - 1}.downsample", name)
        old[name.replace("head.fc.", "head.")] = value
        if name.endswith("relative_position_bias_table"):
            old[name.replace("bias_table", "index")] = torch.zeros(49, 49, dtype=torch.int64)
    old["layers.0.blocks.1.attn_mask"] = torch.zeros(16, 49, 49)
    return old


def torchvision_swin():
    return torchvision.models.swin_transformer.SwinTransformer(
        patch_size=[2, 2], embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=[4, 4],
        num_classes=10, stochastic_depth_prob=0)


def torchvision_vit():
    return torchvision.models.VisionTransformer(
        image_size=16, patch_size=4, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=64,
        num_classes=10)


def shape_of(state):
    return {name: torch.empty_like(value) for name, value in state.items()}


class File(torch.nn.Module):
    """A file's tensors, so that fill() gives them values by their position."""

    def __init__(self, state):
        super().__init__()
        self.state = shape_of(state)

    def state_dict(self):
        return self.state


def loaded(model, filter_fn, channels=None):
    def load(state):
        state = filter_fn(dict(state), model)
        if channels:
            name = "patch_embed.proj.weight"
            state[name] = adapt_input_conv(channels, state[name])
        model.load_state_dict(state)
        return model
    return load


def same(model):
    def load(state):
        model.load_state_dict(state)
        return model
    return load


VIT = vision_transformer.checkpoint_filter_fn
DEIT = deit.checkpoint_filter_fn
SWIN = swin_transformer.checkpoint_filter_fn

# name: (what the file holds, how the peer loads it, channels and side of the images)
CASES = {
    "vit_larger": (vit(28, 7, 1, 16, 2, 2), loaded(vit(56, 7, 1, 16, 2, 2), VIT), (1, 56)),
    "vit_smaller": (vit(56, 7, 1, 16, 2, 2), loaded(vit(21, 7, 1, 16, 2, 2), VIT), (1, 21)),
    "vit_distilled_larger": (
        vit(16, 4, 3, 16, 2, 2, distilled=True),
        loaded(vit(28, 4, 3, 16, 2, 2, distilled=True), DEIT), (3, 28)),
    "vit_one_channel": (vit(16, 4, 3, 16, 2, 2), loaded(vit(16, 4, 1, 16, 2, 2), VIT, 1), (1, 16)),
    "vit_five_channels": (vit(16, 4, 3, 16, 2, 2), loaded(vit(16, 4, 5, 16, 2, 2), VIT, 5), (5, 16)),
    "swin_smaller": (swin(56), loaded(swin(16), SWIN), (1, 16)),
    "swin_larger": (swin(16), loaded(swin(56), SWIN), (1, 56)),
    "swin_authors": (authors_swin(swin(56).state_dict()), loaded(swin(56), SWIN), (1, 56)),
    "swin_torchvision": (torchvision_swin(), same(torchvision_swin()), (3, 16)),
    "vit_torchvision": (torchvision_vit(), same(torchvision_vit()), (3, 16)),
}


def main(folder):
    (folder / "foreign").mkdir(parents=True, exist_ok=True)
    logits = {}
    for name, (source, load, (channels, side)) in CASES.items():
        state = source if isinstance(source, dict) else source.state_dict()
        file = File(state)
        for key, value in state.items():
            if not value.is_floating_point():
                file.state[key] = value  # torchvision's model needs its own index
        fill(file)
        lines = [f"{key} {list(value.shape)}" for key, value in file.state.items()]
        (folder / "foreign" / f"{name}.txt").write_text("\n".join(lines) + "\n")
        model = load(file.state).eval()
        with torch.no_grad():
            logits[name] = model(noise((2, channels, side, side), 1000).float())
    save_file(logits, folder / "foreign" / "logits.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
