"""Writes the sample files of the interchange test with the Python library.

Usage: python bench/peers/safetensors_samples.py core/src/test/resources/io/github/steelyard/io
Needs: torch 2.10, safetensors 0.8.
"""

import struct
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
values = torch.tensor([[0.0, -0.0, 1.0], [-1.5, 65504.0, 2.0**-14]])
tensors = {
    "f64": values.double() / 3,
    "f32": values,
    "f16": values.half(),
    "bf16": torch.tensor([[0.0, -0.0, 1.0], [-1.5, 3.0e38, float("inf")]]).bfloat16(),
    "i64": torch.tensor([-(2**63), 2**63 - 1]),
    "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "i16": torch.tensor([-32768, 32767], dtype=torch.int16),
    "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "u8": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "f8_e4m3": torch.tensor([1.0, -448.0]).to(torch.float8_e4m3fn),
    "f8_e5m2": torch.tensor([1.0, -57344.0]).to(torch.float8_e5m2),
    "u16": torch.tensor([0, 65535], dtype=torch.uint16),
    "u32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
    "u64": torch.tensor([0, 7], dtype=torch.uint64),
    "c64": torch.tensor([1 + 2j, -3.5j], dtype=torch.complex64),
    "scalar": torch.tensor(3.25),
    "empty": torch.zeros(0, 4),
    "transposed": torch.arange(6, dtype=torch.float32).reshape(2, 3).T.contiguous(),
    "größe/日本": torch.tensor([42], dtype=torch.int32),
}
save_file(tensors, out / "python-all-types.safetensors", {"text": 'quote " é \n newline'})

# No metadata, no tensors: the smallest file the library writes.
save_file({}, out / "python-no-tensors.safetensors")

# A type that libtorch does not have: written by hand, accepted by the reference implementation.
header = b'{"packed":{"dtype":"F4","shape":[2,2],"data_offsets":[0,2]}}'
(out / "packed-f4.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\x12\x34")
