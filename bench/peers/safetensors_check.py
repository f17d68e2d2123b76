"""Checks with the Python library a file that Steelyard wrote.

Usage: python bench/peers/safetensors_check.py PYTHON_FILE STEELYARD_FILE
PYTHON_FILE is python-all-types.safetensors; STEELYARD_FILE is what SafeTensors.write made of the
same tensors and metadata. Both must hold the same bits in the same places; Steelyard's file has checksums
in its metadata as well.
"""

import sys

import torch
from safetensors import safe_open



def data(path):
    """The bytes behind the header."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        file.seek(8 + length)
        return file.read()


expected, actual = (safe_open(path, "pt") for path in sys.argv[1:3])
metadata = dict(actual.metadata())
metadata.pop("steelyard.checksums")
assert metadata == expected.metadata(), metadata
assert list(actual.offset_keys()) == list(expected.offset_keys())
for name in expected.keys():
    a, b = expected.get_tensor(name), actual.get_tensor(name)
    assert a.dtype == b.dtype and a.shape == b.shape, name
    if a.numel():
        assert torch.equal(a.reshape(-1).view(torch.uint8), b.reshape(-1).view(torch.uint8)), name
equal = data(sys.argv[1]) == data(sys.argv[2])
print(f"{len(list(expected.keys()))} tensors equal; their bytes in the same places: {equal}")
sys.exit(0 if equal else 1)
