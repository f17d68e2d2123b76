"""Times networks that multiply integers beside ONNX Runtime's own ways, in turns; prints a table.

Usage: python bench/peers/integer.py FLOAT.onnx OURS.onnx [OURS.onnx ...] [--images X.npy]
           [--batch 16] [--threads 2] [--rounds 12] [--timm NAME]
Needs onnx and onnxruntime; with --timm also torch, timm and torchao.

FLOAT.onnx is the network in float32, OURS are files of steelyard export. From FLOAT.onnx the script makes
ONNX Runtime's dynamic int8 and static int8 (QDQ, calibrated on the images). --timm times the network
of that name in PyTorch, compiled by nobody, and as torchao quantizes it dynamically to int8. Top-1 is
compared with FLOAT.onnx, whose weights others than ONNX Runtime's ways need not share. Without
--images, inputs are drawn, which suits times alone.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

import numpy
import onnxruntime
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_dynamic, quantize_static)


class Images(CalibrationDataReader):
    """One batch, read once."""

    def __init__(self, name, images):
        self.rest = iter([{name: images}])

    def get_next(self):
        return next(self.rest, None)


def session(file, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def runner(file, threads):
    opened = session(file, threads)
    name = opened.get_inputs()[0].name
    return lambda images: opened.run(None, {name: images})[0]


def of_torch(name, threads, integers):
    import timm
    import torch
    torch.set_num_threads(threads)
    model = timm.create_model(name).eval()
    if integers:
        from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_
        quantize_(model, Int8DynamicActivationInt8WeightConfig())

    def run(images):
        with torch.no_grad():
            return model(torch.from_numpy(images)).numpy()
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("float", type=pathlib.Path)
    parser.add_argument("ours", nargs="*", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--timm")
    options = parser.parse_args()

    entry = session(options.float, 1).get_inputs()[0]
    if options.images:
        images = numpy.load(options.images).astype(numpy.float32)
    else:
        shape = (options.batch, *entry.shape[1:])
        images = numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32)
    batch = images[:options.batch]
    with tempfile.TemporaryDirectory() as folder:
        dynamic = pathlib.Path(folder, "dynamic.onnx")
        static = pathlib.Path(folder, "static.onnx")
        quantize_dynamic(options.float, dynamic, weight_type=QuantType.QInt8)
        quantize_static(options.float, static, Images(entry.name, batch),
                        quant_format=QuantFormat.QDQ, per_channel=True)
        files = {"float32": options.float, "ONNX Runtime, dynamic int8": dynamic,
                 "ONNX Runtime, static int8 (QDQ)": static}
        files.update({file.stem: file for file in options.ours})
        sizes = {name: os.path.getsize(file) for name, file in files.items()}
        cases = {name: runner(file, options.threads) for name, file in files.items()}
        if options.timm:
            cases["PyTorch, float32"] = of_torch(options.timm, options.threads, False)
            cases["torchao, dynamic int8"] = of_torch(options.timm, options.threads, True)
        measure(cases, sizes, batch, images, options.rounds)


def measure(cases, sizes, batch, images, rounds):
    times = {name: [] for name in cases}
    for _ in range(rounds + 2):
        for name, run in cases.items():
            run(batch)
            start = time.perf_counter()
            run(batch)
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken[2:]) for name, taken in times.items()}
    first = next(iter(cases))
    expected = cases[first](images).argmax(1)
    print("| network | ms | times float32 | bytes | same top-1 |\n| --- | --- | --- | --- | --- |")
    for name, run in cases.items():
        same = (run(images).argmax(1) == expected).sum()
        size = f"{sizes[name]:,}" if name in sizes else ""
        print(f"| {name} | {medians[name] * 1e3:.1f} | {medians[name] / medians[first]:.2f} | "
              f"{size} | {same} of {len(expected)} |", flush=True)


if __name__ == "__main__":
    main()
