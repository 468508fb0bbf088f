#!/usr/bin/env python3
"""Writes what PyTorch computes for each network, in float64, for src/nn/testing/golden.ts to compare with.

    python3 scripts/pytorch/make_goldens.py [--case NAME]... [--seed N | --search N] [--out src/nn/testing/goldens]
    npx biome format --write src/nn/testing/goldens

Parameters, statistics, images, labels and dropout come from an integer hash that both sides compute exactly, so that
a golden holds outputs only: the loss, and the norm and a few entries of the logits, of each parameter's gradient and of
each running statistic after the step.

A gradient jumps where a ReLU's input crosses zero or another value becomes the largest of a pooling window, and float32
arithmetic may land on the other side. So `--search N` tries the seeds 1 to N and takes the one that stays farthest from
every such point: `margin` is the smallest distance, relative to the layer's root mean square.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

import models

CASES = {
    "mlp": {"model": "mlp", "classes": 10, "inputShape": [1, 6, 5], "hidden": [24, 16], "batch": 8},
    "f1": {"model": "f1", "classes": 10, "inputShape": [1, 28, 28], "batch": 8},
    "c1": {"model": "c1", "classes": 10, "inputShape": [3, 32, 32], "batch": 4},
    "c3": {"model": "c3", "classes": 100, "inputShape": [3, 32, 32], "batch": 4},
    # Smaller images than the paper's, to stay clear of jumps; all layers are the same.
    "resnet44": {"model": "resnet44", "classes": 10, "inputShape": [3, 16, 16], "batch": 2},
    "alexnet": {"model": "alexnet", "classes": 10, "inputShape": [3, 95, 95], "batch": 8},
}
# Streams of the hash; parameters count from PARAMETERS, statistics from STATISTICS.
PARAMETERS, STATISTICS, IMAGES, LABELS, DROPOUT, LOGITS, POSITIONS = 0, 2000, 4000, 4001, 4002, 4003, 5000


def hashed(seed, stream, count):
    """Uniform 32-bit words: the finaliser of MurmurHash3 over a counter."""
    start = (seed * 0x85EBCA6B + stream * 0x9E3779B9) % 2**32
    x = np.arange(count, dtype=np.uint64).astype(np.uint32) + np.uint32(start)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x


def filled(seed, stream, shape, low, high):
    unit = (hashed(seed, stream, math.prod(shape)) >> np.uint32(8)).astype(np.float64) * 2.0**-24
    values = (low + (high - low) * unit).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64).reshape(shape))


def set_state(model, seed):
    """Fills parameters and statistics in place, by the rules of golden.ts."""
    index = 0
    for module in model.modules():
        own = dict(module.named_parameters(recurse=False))
        for name, parameter in own.items():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                low, high = (0.5, 1.5) if name == "weight" else (-0.5, 0.5)
            else:
                high = 1 / math.sqrt(math.prod(own["weight"].shape[1:]))
                low = -high
            parameter.data = filled(seed, PARAMETERS + index, tuple(parameter.shape), low, high)
            index += 1
    for index, (name, buffer) in enumerate(statistics_of(model)):
        low, high = (-0.5, 0.5) if name.endswith("mean") else (0.5, 1.5)
        buffer.copy_(filled(seed, STATISTICS + index, tuple(buffer.shape), low, high))


def statistics_of(model):
    return [(name, buffer) for name, buffer in model.named_buffers() if not name.endswith("num_batches_tracked")]


def summary(seed, stream, tensor):
    samples = 32 if stream == LOGITS else 4
    flat = tensor.detach().flatten()
    positions = hashed(seed, POSITIONS + stream, samples).astype(np.uint64) * np.uint64(flat.numel()) >> np.uint64(32)
    return {"norm": rounded(flat.norm()), "samples": [rounded(flat[int(position)]) for position in positions]}


def rounded(value):
    return float(f"{float(value):.9g}")


def record_margins(model):
    """A list that fills, as the model runs, with each ReLU's and pooling layer's distance from its nearest jump."""
    margins = []

    def relu_margin(_, inputs):
        x = inputs[0].detach()
        margins.append(float(x.abs().min() / x.square().mean().sqrt()))

    def pool_margin(_, inputs):
        x = inputs[0].detach()
        windows = x.unfold(2, 3, 2).unfold(3, 3, 2).flatten(-2)
        largest, second = windows.topk(2).values.unbind(-1)
        margins.append(float((largest - second).min() / x.square().mean().sqrt()))

    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(relu_margin)
        elif isinstance(module, nn.MaxPool2d):
            module.register_forward_pre_hook(pool_margin)
    return margins


def run(case, seed, training):
    """One step's outputs, and the smallest margin met."""
    model = models.build(
        case["model"], case["inputShape"], case["classes"], rate=case.get("dropout", 0.5), widths=case.get("hidden", ())
    ).double()
    set_state(model, seed)
    model.train(training)
    margins = record_margins(model)
    batch = case["batch"]
    dropouts = [module for module in model.modules() if isinstance(module, models.GivenDropout)]
    uniform = filled(seed, DROPOUT, (batch, sum(module.units for module in dropouts)), 0, 1)
    for module, piece in zip(dropouts, uniform.split([module.units for module in dropouts], dim=1)):
        module.uniform = piece
    images = filled(seed, IMAGES, (batch, *case["inputShape"]), -1, 1)
    words = hashed(seed, LABELS, batch).astype(np.uint64) * np.uint64(case["classes"]) >> np.uint64(32)
    labels = torch.from_numpy(words.astype(np.int64))
    logits = model(images)
    loss = nn.functional.cross_entropy(logits, labels)
    loss.backward()
    outcome = {
        "logits": summary(seed, LOGITS, logits),
        "loss": rounded(loss),
        "correct": int((logits.argmax(1) == labels).sum()),
        "gradient": {
            name: summary(seed, index, parameter.grad) for index, (name, parameter) in enumerate(model.named_parameters())
        },
        "statistics": {
            name: summary(seed, STATISTICS + index, buffer) for index, (name, buffer) in enumerate(statistics_of(model))
        },
    }
    return outcome, min(margins)


def golden(case, seed):
    train, train_margin = run(case, seed, True)
    running, running_margin = run(case, seed, False)
    margin = rounded(min(train_margin, running_margin))
    return {"seed": seed, "margin": margin, **case, "train": train, "running": running}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", action="append", choices=list(CASES))
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, default=1)
    seeds.add_argument("--search", type=int, metavar="N")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "src/nn/testing/goldens")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    candidates = range(1, options.search + 1) if options.search else [options.seed]
    for name in options.case or CASES:
        best = max((golden(CASES[name], seed) for seed in candidates), key=lambda found: found["margin"])
        (options.out / f"{name}.json").write_text(json.dumps(best) + "\n")
        print(f"{name}: seed {best['seed']}, margin {best['margin']:.2g}")


if __name__ == "__main__":
    main()
