"""Compares trained networks in few bits with ONNX Runtime's own int8 of the same networks.

Usage: python bench/peers/trained.py FOLDER
Needs onnx, onnxruntime, torch, timm, torchao and safetensors, and in FOLDER what
io.github.steelyard.bench.TrainedFiles writes.

For each network in float32 and each of few bits: accuracy on the test images of Fashion-MNIST, how
often top-1 is that of the network in float32, and how often it is that of the same network
simulated in float32. ONNX Runtime's dynamic and static int8 (QDQ, calibrated on training images)
are made from the network in float32 and, for networks of few bits, from their simulation; torchao's
dynamic int8 of linear layers from the network in float32, whose weights are read into PyTorch's.
"""

import pathlib
import sys
import tempfile

import numpy
import onnxruntime
from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static

from integer import Images, runner


def top(file, images):
    return runner(file, 1)(images).argmax(1)


def folded(file, target):
    """The graph whose weights are constants, as ONNX Runtime's quantization wants them."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return target


def int8(file, folder, calibration, images):
    """Top-1 of ONNX Runtime's two ways."""
    plain = folded(file, pathlib.Path(folder, "folded.onnx"))
    name = onnxruntime.InferenceSession(
        str(plain), providers=["CPUExecutionProvider"]).get_inputs()[0].name
    target = pathlib.Path(folder, "int8.onnx")
    quantize_dynamic(plain, target, weight_type=QuantType.QInt8)
    yield "ONNX Runtime, dynamic int8", top(target, images)
    quantize_static(plain, target, Images(name, calibration), quant_format=QuantFormat.QDQ,
                    per_channel=True)
    yield "ONNX Runtime, static int8", top(target, images)


def torchao(run, network, whole, images):
    """Top-1 of PyTorch's network with torchao's linear layers, once it has the weights of the file."""
    import torch
    from safetensors.torch import load_file
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_

    from nn_reference import MODELS
    model = MODELS[network](images.shape[-1]).eval()
    state = load_file(run / "checkpoints" / "best.safetensors")
    model.load_state_dict({name.removeprefix("model/"): tensor for name, tensor in state.items()
                           if name.startswith("model/")})
    pictures = torch.from_numpy(images)
    with torch.no_grad():
        if not (model(pictures).numpy().argmax(1) == whole).all():
            raise ValueError(f"{run} has other weights than the file")
        quantize_(model, Int8DynamicActivationInt8WeightConfig())
        return model(pictures).numpy().argmax(1)


def main():
    folder = pathlib.Path(sys.argv[1])
    images, labels, calibration = (
        numpy.load(folder / f"{name}.npy")
        for name in ("images", "labels", "calibration-images"))
    print("| network | accuracy | same top-1 as in float32 | same top-1 as its simulation |\n"
          "| --- | --- | --- | --- |")

    def row(name, found, whole, simulated=None):
        same = "" if simulated is None else f"{(found == simulated).sum():,}"
        print(f"| {name} | {(found == labels).mean() * 100:.2f} % | {(found == whole).sum():,} | "
              f"{same} |", flush=True)

    integers = sorted(folder.glob("*-integer.onnx"))
    with tempfile.TemporaryDirectory() as scratch:
        for file in sorted(folder.glob("*-float.onnx")):
            network = file.name.removesuffix("-float.onnx")
            few = [other for other in integers if other.name.startswith(network + "-w")]
            if (folder / f"{network}-integer.onnx").exists():
                continue
            whole = top(file, images)
            row(f"{network}, float32", whole, whole)
            for way, found in int8(file, scratch, calibration, images):
                row(f"{network}, {way}", found, whole)
            row(f"{network}, torchao, dynamic int8",
                torchao(folder / network, network, whole, images), whole)
            for other in few:
                name = other.name.removesuffix("-integer.onnx")
                source = folder / f"{name}-float.onnx"
                simulated = top(source, images)
                row(f"{name}, ours", top(other, images), whole, simulated)
                for way, found in int8(source, scratch, calibration, images):
                    row(f"{name}, {way}", found, whole, simulated)


if __name__ == "__main__":
    main()
