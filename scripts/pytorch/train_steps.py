"""Full-batch training steps in PyTorch from given parameters, for comparison with `smoothout run --init`.

Prints the loss before each step as JSON.
"""
import argparse
import json

import torch
from torch import nn

from files import load_parameters, read_mnist
from models import build

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--hidden", type=int, nargs="*", default=[128, 128])
    parser.add_argument("--init", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--optimizer", choices=["adam", "sgd"], required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--weight-decay", type=float, default=0)
    parser.add_argument("--clip-norm", type=float)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    options = parser.parse_args()

    images, labels = read_mnist(options.data, "train")

    model = build(options.model, (1, 28, 28), 10, widths=options.hidden)
    load_parameters(model, options.init)
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
