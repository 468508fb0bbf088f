"""Full-batch training steps in PyTorch from given parameters, for comparison with `smoothout run --init`.

Reads the safetensors file and MNIST's IDX files by their formats alone, and prints the loss before each step as JSON.
"""
import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models import build

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--hidden", type=int, nargs="*", default=[128, 128])
    parser.add_argument("--init", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--optimizer", choices=["adam", "sgd"], required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--weight-decay", type=float, default=0)
    parser.add_argument("--clip-norm", type=float)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    options = parser.parse_args()

    pixels = read_idx(options.data / "train-images-idx3-ubyte")
    images = torch.from_numpy((pixels.astype(np.float32) / 255 - 0.5) / 0.5)[:, None]
    labels = torch.from_numpy(read_idx(options.data / "train-labels-idx1-ubyte").astype(np.int64))

    model = build(options.model, (1, 28, 28), 10, widths=options.hidden)
    missing, unexpected = model.load_state_dict(read_safetensors(options.init), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    dtype = getattr(torch, options.dtype)
    model.to(dtype).train()
    images = images.to(dtype)
    settings = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
    if options.optimizer == "adam":
        optimizer = torch.optim.Adam(model.parameters(), **settings)
    else:
        optimizer = torch.optim.SGD(model.parameters(), momentum=0.9, **settings)

    losses = []
    for _ in range(options.steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        if options.clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), options.clip_norm)
        optimizer.step()
        losses.append(loss.item())
    print(json.dumps(losses))


main()
