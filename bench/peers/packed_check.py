"""Unpacks a packed model with numpy alone, without Steelyard and PyTorch.

Usage: python bench/peers/packed_check.py PACKED.safetensors WEIGHTS.safetensors
PACKED is what PackedModel.save wrote; WEIGHTS holds the effective weights of the same model, under
the same names. Both must be equal bit for bit.
"""

import json
import sys

import numpy as np
from safetensors import safe_open

packed, weights = (safe_open(path, "np") for path in sys.argv[1:3])
layouts = json.loads(packed.metadata()["steelyard.weights"])
integer_bytes = 0
for name, layout in layouts.items():
    stream = np.unpackbits(packed.get_tensor(name + ".integers"), bitorder="little")
    bits, count = layout["bits"], int(np.prod(layout["shape"]))
    planes = stream[: bits * count].reshape(count, bits).astype(np.int32)
    stored = (planes << np.arange(bits)).sum(axis=1).reshape(layout["shape"])
    scale = packed.get_tensor(name + ".scale")
    value = scale * (stored + layout["lowest"] + layout["offset"]).astype(scale.dtype)
    expected = weights.get_tensor(name)
    assert value.dtype == expected.dtype and np.array_equal(value, expected), name
    integer_bytes += packed.get_tensor(name + ".integers").size
print(f"{len(layouts)} weights equal bit for bit; {integer_bytes} bytes of integers")
