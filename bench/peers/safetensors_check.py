"""Checks with the Python library a file that Steelyard wrote.

Usage: python bench/peers/safetensors_check.py PYTHON_FILE STEELYARD_FILE
PYTHON_FILE is python-all-types.safetensors; STEELYARD_FILE is what SafeTensors.write made of the
same tensors and metadata. Both must hold the same bits, and the files must be equal byte for byte.
"""

import sys

import torch
from safetensors import safe_open

expected, actual = (safe_open(path, "pt") for path in sys.argv[1:3])
assert actual.metadata() == expected.metadata(), actual.metadata()
assert list(actual.offset_keys()) == list(expected.offset_keys())
for name in expected.keys():
    a, b = expected.get_tensor(name), actual.get_tensor(name)
    assert a.dtype == b.dtype and a.shape == b.shape, name
    if a.numel():
        assert torch.equal(a.reshape(-1).view(torch.uint8), b.reshape(-1).view(torch.uint8)), name
equal = open(sys.argv[1], "rb").read() == open(sys.argv[2], "rb").read()
print(f"{len(list(expected.keys()))} tensors equal; files equal byte for byte: {equal}")
sys.exit(0 if equal else 1)
