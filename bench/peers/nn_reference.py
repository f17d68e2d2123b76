"""Writes the reference files of the nn room's tests from PyTorch, torchvision and timm.

Usage: python bench/peers/nn_reference.py core/src/test/resources/io/github/steelyard/nn
Needs: torch 2.10, torchvision 0.25, timm 1.0.31, safetensors 0.8.

No weights are stored: both sides compute them from a formula of the parameter's position and index.
"""

import pathlib
import sys
from functools import partial

import timm
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from safetensors.torch import save_file
from timm.layers import Attention, LayerNorm2d, Mlp, PatchEmbed
from timm.models._efficientnet_blocks import SqueezeExcite
from timm.models._efficientnet_builder import decode_arch_def, round_channels
from timm.models.convnext import ConvNeXt
from timm.models.deit import VisionTransformerDistilled
from timm.models.efficientnet import EfficientNet
from timm.models.mobilenetv3 import MobileNetV3
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer


def noise(shape, key):
    """Values in [-1, 1) that look random: the classic sine hash, in float64."""
    count = 1
    for side in shape:
        count *= side
    x = torch.arange(count, dtype=torch.float64) * 12.9898 + key * 78.233
    x = torch.sin(x) * 43758.5453
    return ((x - torch.floor(x)) * 2 - 1).reshape(shape)


def fill(module, gain=1):
    """Sets every tensor of the state dict by its position; the gain is that of layers' weights."""
    for key, (name, tensor) in enumerate(module.state_dict().items()):
        if not tensor.is_floating_point():
            continue
        value = noise(tuple(tensor.shape), key)
        leaf = name.split(".")[-1]
        if leaf == "running_var" or (leaf == "weight" and tensor.dim() == 1):
            value = 1 + 0.2 * value
        elif tensor.dim() == 1 or leaf in ("cls_token", "dist_token", "pos_embed"):
            value = 0.2 * value
        else:
            fan_in = tensor.numel() // tensor.shape[0]
            value = value * gain * (3 / fan_in) ** 0.5
        with torch.no_grad():
            tensor.copy_(value)
    return module


class CifarBlock(nn.Module):
    """The names and shortcuts of pytorch_resnet_cifar10 (Y. Idelbayev), option A."""

    def __init__(self, planes_in, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(planes_in, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.new = planes - planes_in

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.new:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new // 2, self.new // 2))
        return F.relu(out + x)


class CifarResNet(nn.Module):
    def __init__(self, blocks, channels, stem_stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, stem_stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (planes_in, planes) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            layers = [CifarBlock(planes_in, planes, 1 if stage == 1 else 2)]
            layers += [CifarBlock(planes, planes, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 256), nn.Linear(256, 256), nn.Linear(256, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class SmallConvNet(nn.Module):
    """The small network of Wong and Kolter (ICML 2018)."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 4, 2, 1), nn.Conv2d(16, 32, 4, 2, 1)
        self.fc1, self.fc2 = nn.Linear(32 * 7 * 7, 100), nn.Linear(100, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class BlockPerceptron(nn.Module):
    """Two independent perceptrons on the channels; the logit of a pair of answers is their sum."""

    def __init__(self):
        super().__init__()
        for layer, (width, outputs) in enumerate([(9, 16), (16, 16), (16, 2)], 1):
            self.add_module(f"fc{layer}", nn.ModuleDict(
                {f"block{b}": nn.Linear(width, outputs) for b in range(2)}))

    def forward(self, x):
        one, other = (
            self.fc3[b](F.relu(self.fc2[b](F.relu(self.fc1[b](x[:, c].flatten(1))))))
            for c, b in enumerate(["block0", "block1"]))
        return (one[:, :, None] + other[:, None]).flatten(1)


class ModularAddition(nn.Module):
    """The transformer of Nanda et al. (ICLR 2023), on rows that mark the tokens."""

    def __init__(self):
        super().__init__()
        self.pos_embed = nn.Parameter(torch.empty(1, 3, 128))
        self.embed = nn.Linear(114, 128, bias=False)
        self.attn = Attention(128, 4, qkv_bias=True)
        self.fc1, self.fc2 = nn.Linear(128, 512), nn.Linear(512, 128)
        self.unembed = nn.Linear(128, 113, bias=False)

    def forward(self, x):
        x = self.embed(x.squeeze(1)) + self.pos_embed
        x = (x + self.attn(x))[:, 2]
        return self.unembed(x + self.fc2(F.relu(self.fc1(x))))


class WideBlock(nn.Module):
    """The pre-activation block of Zagoruyko and Komodakis, with the names of RobustBench."""

    def __init__(self, planes_in, planes, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(planes_in)
        self.conv1 = nn.Conv2d(planes_in, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.convShortcut = (
            None if planes_in == planes else nn.Conv2d(planes_in, planes, 1, stride, bias=False))

    def forward(self, x):
        activated = F.relu(self.bn1(x))
        out = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        return out + (x if self.convShortcut is None else self.convShortcut(activated))


class WideStage(nn.Module):
    def __init__(self, blocks, planes_in, planes, stride):
        super().__init__()
        self.layer = nn.Sequential(
            WideBlock(planes_in, planes, stride),
            *[WideBlock(planes, planes, 1) for _ in range(blocks - 1)])

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        blocks = (depth - 4) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.block1 = WideStage(blocks, 16, 16 * width, 1)
        self.block2 = WideStage(blocks, 16 * width, 32 * width, 2)
        self.block3 = WideStage(blocks, 32 * width, 64 * width, 2)
        self.bn1 = nn.BatchNorm2d(64 * width)
        self.fc = nn.Linear(64 * width, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.block3(self.block2(self.block1(self.conv1(x))))))
        return self.fc(F.avg_pool2d(x, 8).flatten(1))


def vgg(size):
    """At the small size, hidden layers of 64: a hundred million weights would only cost time."""
    model = torchvision.models.vgg16_bn()
    if size < 224:
        model.classifier = nn.Sequential(
            nn.Linear(25088, 64), nn.ReLU(), nn.Dropout(),
            nn.Linear(64, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 1000))
    return model


class CifarVgg(nn.Module):
    """torchvision's features and one linear layer, as in the networks for CIFAR-10."""

    def __init__(self, width=64, channels=3):
        super().__init__()
        plan = [width * n if n else "M" for n in [1, 1, 0, 2, 2, 0, 4, 4, 4, 0] + [8, 8, 8, 0] * 2]
        self.features = torchvision.models.vgg.make_layers(plan, batch_norm=True)
        if channels != 3:
            self.features[0] = nn.Conv2d(channels, width, 3, padding=1)
        self.classifier = nn.Linear(8 * width, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def small_mobilenet_v2():
    return EfficientNet(
        decode_arch_def([["ds_r1_k3_s1_c16"], ["ir_r2_k3_s2_e6_c24"]]),
        num_classes=5, num_features=40, in_chans=2, stem_size=8, fix_stem=True,
        act_layer=nn.ReLU6)


def small_efficientnet():
    return EfficientNet(
        decode_arch_def([["ds_r1_k3_s1_e1_c16_se0.25"], ["ir_r2_k5_s2_e6_c24_se0.25"]]),
        num_classes=5, num_features=40, in_chans=2, stem_size=8, fix_stem=True, act_layer=nn.SiLU)


def small_mobilenet_v3():
    return MobileNetV3(
        decode_arch_def([
            ["ds_r1_k3_s2_e1_c16_se0.25_nre"],
            ["ir_r1_k5_s2_e4.5_c24_se0.25", "ir_r1_k5_s1_e3.67_c24_se0.25"],
            ["cn_r1_k1_s1_c40"]]),
        num_classes=5, num_features=48, in_chans=2, stem_size=16, fix_stem=True,
        act_layer=nn.Hardswish, se_from_exp=True,
        round_chs_fn=round_channels,
        se_layer=partial(
            SqueezeExcite, gate_layer="hard_sigmoid", force_act_layer=nn.ReLU,
            rd_round_fn=round_channels))


def small_convnext():
    return ConvNeXt(in_chans=2, num_classes=5, depths=(1, 2, 1, 1), dims=(8, 12, 16, 20))


def vit(size, patch, channels, dim, depth, heads, classes=10, distilled=False):
    kind = VisionTransformerDistilled if distilled else VisionTransformer
    return kind(
        img_size=size, patch_size=patch, in_chans=channels, num_classes=classes,
        embed_dim=dim, depth=depth, num_heads=heads)


MODELS = {
    "mlp": lambda size: Perceptron(),
    "block_mlp": lambda size: BlockPerceptron(),
    "modular_addition": lambda size: ModularAddition(),
    "conv_small": lambda size: SmallConvNet(),
    "resnet8": lambda size: CifarResNet(1, 1, 2),
    "resnet20": lambda size: CifarResNet(3, 3, 1),
    "resnet32": lambda size: CifarResNet(5, 3, 1),
    "resnet18": lambda size: torchvision.models.resnet18(),
    "wide_resnet40_4": lambda size: WideResNet(40, 4),
    "wide_resnet28_10": lambda size: WideResNet(28, 10),
    "vgg16_bn_cifar": lambda size: CifarVgg(),
    "vgg16_bn": vgg,
    **{name: (lambda size, name=name: timm.create_model(name)) for name in [
        "mobilenetv2_100", "mobilenetv3_small_100", "efficientnet_b0", "convnext_tiny"]},
    "resnet34": lambda size: timm.create_model("resnet34"),
    "resnet50": lambda size: torchvision.models.resnet50(),
    "vit_mini_patch7_28": lambda size: vit(size, 7, 1, 64, 6, 4),
    "vit_mini_patch4_32": lambda size: vit(size, 4, 3, 128, 6, 4),
    "swin_mini_patch2_window7_28": lambda size: SwinTransformer(
        img_size=size, patch_size=2, in_chans=1, num_classes=10, embed_dim=48, depths=(2, 2),
        num_heads=(3, 6), window_size=7, drop_path_rate=0),
    # At 64 pixels its maps have sides 16, 8, 4 and 2: padded windows, and windows of the map's size.
    **{name: (lambda size, name=name: timm.create_model(name, img_size=size)) for name in [
        "swin_tiny_patch4_window7_224", "swin_small_patch4_window7_224", "vit_small_patch16_224",
        "deit_tiny_patch16_224", "deit_small_patch16_224",
        "deit_tiny_distilled_patch16_224", "deit_small_distilled_patch16_224"]},
}

# name: (channels, side of the documented input, side of the input whose logits are stored)
INPUTS = {
    "block_mlp": (2, 3, 3), "modular_addition": (1, 3, 3),
    "mlp": (1, 28, 28), "conv_small": (1, 28, 28), "resnet8": (1, 28, 28), "vit_mini_patch7_28": (1, 28, 28),
    "swin_mini_patch2_window7_28": (1, 28, 28),
    **{name: (3, 32, 32) for name in ["wide_resnet40_4", "wide_resnet28_10", "vgg16_bn_cifar"]},
    "resnet20": (3, 32, 32), "resnet32": (3, 32, 32), "vit_mini_patch4_32": (3, 32, 32),
}


# In these, images would leave no trace in the logits: no shortcuts, or gates and few of them.
GAINS = {name: 1.5 for name in [
    "vgg16_bn", "vgg16_bn_cifar", "mobilenetv2_100", "mobilenetv3_small_100", "efficientnet_b0"]}


def models(folder):
    tensors = {}
    for name, build in MODELS.items():
        channels, full, small = INPUTS.get(name, (3, 224, 64))
        lines = [f"{key} {list(value.shape)}" for key, value in build(full).state_dict().items()]
        (folder / "state-dicts" / f"{name}.txt").write_text("\n".join(lines) + "\n")
        model = fill(build(small), GAINS.get(name, 1)).eval()
        width = 114 if name == "modular_addition" else small  # rows of tokens, not a square
        x = noise((2, channels, small, width), 1000).float()
        with torch.no_grad():
            tensors[name] = model(x)
            if "distilled" in name:
                model.train()
                model.set_distilled_training(True)
                tensors[name + ".head"], tensors[name + ".head_dist"] = model(x)
    # Fifty classes are enough to tell a wrong network.
    tensors = {name: value[:, :50].contiguous() for name, value in tensors.items()}
    save_file(tensors, folder / "logits.safetensors")


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


# Their gradients are stored as two numbers a parameter: the norm and a projection.
WHOLE_MODELS = [
    "wide_resnet10_1", "vgg_cifar_4", "small_mobilenet_v2", "small_efficientnet",
    "small_mobilenet_v3", "small_convnext", *MODELS]

LAYERS = {
    "linear": (lambda: nn.Linear(6, 4), (3, 5, 6)),
    "linear_without_bias": (lambda: nn.Linear(6, 4, bias=False), (3, 6)),
    "conv2d": (lambda: nn.Conv2d(4, 6, 3, 2, 1, 1, 2), (2, 4, 9, 8)),
    "conv2d_rectangular": (
        lambda: nn.Conv2d(2, 3, (3, 2), (1, 2), (2, 1), (1, 2), bias=False), (2, 2, 7, 8)),
    "batchnorm2d": (lambda: nn.BatchNorm2d(3), (4, 3, 5, 5)),
    "batchnorm1d": (lambda: nn.BatchNorm1d(5, momentum=0.3, eps=1e-3), (8, 5)),
    "layernorm": (lambda: nn.LayerNorm(8, eps=1e-6), (2, 3, 8)),
    "transformer_mlp": (lambda: Mlp(8, 16), (2, 3, 8)),
    "attention": (lambda: Attention(12, num_heads=3, qkv_bias=True), (2, 5, 12)),
    "attention_qk_norm": (
        lambda: Attention(12, num_heads=3, qk_norm=True, norm_layer=partial(nn.LayerNorm, eps=1e-6)),
        (2, 5, 12)),
    "patch_embed": (lambda: PatchEmbed(8, 4, 3, 10), (2, 3, 8, 8)),
    "maxpool": (lambda: nn.MaxPool2d(3, 2, 1), (2, 3, 7, 8)),
    "avgpool": (lambda: nn.AvgPool2d(3, 2, 1), (2, 3, 7, 8)),
    "adaptive_avgpool": (lambda: nn.AdaptiveAvgPool2d((2, 3)), (2, 3, 7, 8)),
    "gelu": (nn.GELU, (3, 7)),
    "silu": (nn.SiLU, (3, 7)),
    "tanh": (nn.Tanh, (3, 7)),
    "sigmoid": (nn.Sigmoid, (3, 7)),
    "relu": (nn.ReLU, (3, 7)),
    # Inputs in [-8, 8): both ends of the linear parts.
    **{name: (lambda kind=kind: nn.Sequential(Scale(4), kind()), (5, 11)) for name, kind in [
        ("relu6", nn.ReLU6), ("hardswish", nn.Hardswish), ("hardsigmoid", nn.Hardsigmoid)]},
    "conv2d_depthwise": (lambda: nn.Conv2d(6, 6, 5, 2, 2, groups=6), (2, 6, 9, 8)),
    "layernorm2d": (lambda: LayerNorm2d(6, eps=1e-6), (2, 6, 4, 3)),
    "squeeze_excite": (
        lambda: SqueezeExcite(12, rd_channels=4, act_layer=nn.SiLU), (2, 12, 4, 3)),
    "squeeze_excite_hard": (
        lambda: SqueezeExcite(12, rd_channels=4, gate_layer=nn.Hardsigmoid), (2, 12, 4, 3)),
    "wide_resnet10_1": (lambda: WideResNet(10, 1), (4, 3, 32, 32)),
    "vgg_cifar_4": (lambda: CifarVgg(4, 1), (4, 1, 32, 32)),
    "small_mobilenet_v2": (small_mobilenet_v2, (4, 2, 20, 20)),
    "small_efficientnet": (small_efficientnet, (4, 2, 20, 20)),
    "small_mobilenet_v3": (small_mobilenet_v3, (4, 2, 32, 32)),
    "small_convnext": (small_convnext, (2, 2, 32, 32)),
    "resnet8": (lambda: MODELS["resnet8"](28), (4, 1, 28, 28)),
    "vit_mini_patch7_28": (lambda: MODELS["vit_mini_patch7_28"](28), (2, 1, 28, 28)),
    "swin_mini_patch2_window7_28": (
        lambda: MODELS["swin_mini_patch2_window7_28"](28), (2, 1, 28, 28)),
    # Patches form a map of side 9: padded to 12 for windows of 4, and to 10 before it is halved.
    "swin_odd": (
        lambda: SwinTransformer(
            img_size=18, patch_size=2, in_chans=2, num_classes=3, embed_dim=8, depths=(2, 2),
            num_heads=(2, 4), window_size=4, mlp_ratio=2, drop_path_rate=0),
        (2, 2, 18, 18)),
}


def layers(folder):
    """In training mode: output, gradients of sum(output * noise) and what three passes leave."""
    tensors = {}
    for name, (build, shape) in LAYERS.items():
        layer = fill(build()).train()
        x = (2 * noise(shape, 1000)).float().requires_grad_()
        for _ in range(3):
            y = layer(x)
        (y * noise(tuple(y.shape), 1001).float()).sum().backward()
        whole_model = name in WHOLE_MODELS
        tensors[f"{name}.output"] = y.detach()
        if not whole_model:
            tensors[f"{name}.grad_input"] = x.grad
        for key, p in layer.named_parameters():
            tensors[f"{name}.grad.{key}"] = (
                torch.stack([p.grad.norm(), (p.grad * noise(tuple(p.shape), 1002).float()).sum()])
                if whole_model else p.grad)
        for key, b in layer.named_buffers():
            if key in layer.state_dict():
                tensors[f"{name}.buffer.{key}"] = b.clone()
    table = fill(nn.Embedding(7, 3, padding_idx=2))
    y = table(torch.tensor([[0, 2, 6], [6, 1, 2]]))
    (y * noise(tuple(y.shape), 1001).float()).sum().backward()
    tensors["embedding.output"], tensors["embedding.grad.weight"] = y.detach(), table.weight.grad
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "layers.safetensors")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    (target / "state-dicts").mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    models(target)
    layers(target)
