"""Readers of the files that comparisons with PyTorch share, by their formats alone."""
import json
import struct
from pathlib import Path

import numpy as np
import torch

DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8}


def read_safetensors(path):
    """Eight bytes of length, a JSON header, then the tensors (https://github.com/huggingface/safetensors, "Format")."""
    file = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", file[:8])
    header = json.loads(file[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(file[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def read_idx(path):
    file = Path(path).read_bytes()
    rank = file[3]
    shape = struct.unpack(f">{rank}I", file[4 : 4 + 4 * rank])
    return np.frombuffer(file, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_mnist(folder, split):
    """Images [N, 1, 28, 28] normalised to (-1, 1) in float32, and labels."""
    pixels = read_idx(Path(folder) / f"{split}-images-idx3-ubyte")
    images = torch.from_numpy((pixels.astype(np.float32) / 255 - 0.5) / 0.5)[:, None]
    return images, torch.from_numpy(read_idx(Path(folder) / f"{split}-labels-idx1-ubyte").astype(np.int64))


def load_parameters(model, path):
    missing, unexpected = model.load_state_dict(read_safetensors(path), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
