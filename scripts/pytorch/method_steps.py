"""Each method's steps in PyTorch, re-derived from its paper's formulas, for comparison with `smoothout run --init`.

Reads cases as JSON from standard input and prints for each the loss of every step, the average's loss on the test images
after the last, and how far the parameters in our checkpoint are from these, as a share of each tensor's largest number.
Random numbers and the order of the images are given; everything is computed in float64.
"""
import json
import sys

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

from files import load_parameters, read_mnist, read_safetensors
from models import build


def gradient_at(model, points, images, labels):
    """Loss and gradients with the parameters moved to these points; the model keeps its own parameters."""
    with torch.no_grad():
        kept = [parameter.clone() for parameter in model.parameters()]
        for parameter, point in zip(model.parameters(), points):
            parameter.copy_(point)
    loss = nn.functional.cross_entropy(model(images), labels)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), kept):
            parameter.copy_(value)
    return loss.item(), gradients


def norm(tensors):
    return torch.sqrt(sum(tensor.square().sum() for tensor in tensors))


def filter_norms(weight):
    """Of each filter of a weight; of a vector as a whole."""
    if weight.dim() == 1:
        return weight.norm()
    return weight.flatten(1).norm(dim=1).reshape(-1, *[1] * (weight.dim() - 1))


def filter_sums(values):
    return values if values.dim() == 1 else values.flatten(1).sum(1).reshape(-1, *[1] * (values.dim() - 1))


def method_gradient(method, model, memory, batch, u, a):
    """The loss and gradient of one pass. `memory` is the method's own, changed in place."""
    w = [parameter.detach().clone() for parameter in model.parameters()]
    at = lambda points: gradient_at(model, points, *batch)
    name = method["name"]
    if name == "baseline":
        return at(w)
    if name in ("sam", "asam"):
        loss, g = at(w)
        t = [p.abs() + method["eta"] if name == "asam" else torch.ones_like(p) for p in w]
        scale = method["rho"] / (norm([ti * gi for ti, gi in zip(t, g)]) + 1e-12)
        return loss, at([wi + scale * ti * ti * gi for wi, ti, gi in zip(w, t, g)])[1]
    if name == "smoothout":
        deviation = (1 / 3) ** 0.5 if method["noise"]["distribution"] == "gaussian" else 1
        return at([wi + a * deviation * ui for wi, ui in zip(w, u)])
    if name == "smoothout-two-sided":
        loss, plus = at([wi + a * ui for wi, ui in zip(w, u)])
        minus = at([wi - a * ui for wi, ui in zip(w, u)])[1]
        return loss, [(p + m) / 2 for p, m in zip(plus, minus)]
    theta = [a * filter_norms(wi) * ui for wi, ui in zip(w, u)]
    if name in ("lpf-sgd", "rwp"):
        return at([wi + ti for wi, ti in zip(w, theta)])
    assert name == "arwp", name
    squares = memory.setdefault("squares", [torch.zeros_like(wi) for wi in w])
    damped = [ti / torch.sqrt(1 + method["eta"] * filter_sums(si)) for ti, si in zip(theta, squares)]
    noisy = at([wi + ti for wi, ti in zip(w, damped)])[1]
    for si, gi in zip(squares, noisy):
        si.mul_(method["beta"]).add_(gi.square())
    loss, clean = at(w)
    balance = method["balance"]
    return loss, [balance * n + (1 - balance) * c for n, c in zip(noisy, clean)]


class Lars:
    """You, Gitman and Ginsburg (2017), Algorithm 1, for every tensor of parameters."""

    def __init__(self, parameters, settings):
        self.parameters, self.settings = list(parameters), settings
        self.velocities = [torch.zeros_like(parameter) for parameter in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.velocities):
            decay, local = self.settings["weightDecay"], 1.0
            if w.norm() > 0 and w.grad.norm() > 0:
                local = self.settings["trust"] * w.norm() / (w.grad.norm() + decay * w.norm())
            v.mul_(self.settings["momentum"]).add_(local * (w.grad + decay * w))
            w.sub_(self.settings["learningRate"] * v)


def optimizer_of(model, settings):
    if settings["name"] == "lars":
        return Lars(model.parameters(), settings)
    return torch.optim.SGD(
        model.parameters(), settings["learningRate"], settings["momentum"], weight_decay=settings["weightDecay"]
    )


def averaged_model(model, average):
    if average["kind"] == "swa":
        return AveragedModel(model)
    decay = average["decay"]
    return AveragedModel(model, avg_fn=lambda mean, value, count: decay * mean + (1 - decay) * value)


def run(case):
    train, test = [(images.double(), labels) for images, labels in (read_mnist(case["data"], s) for s in ("train", "t10k"))]
    model = build("mlp", (1, 28, 28), 10, widths=case["hidden"]).double()
    load_parameters(model, case["init"])
    model.train()
    noise = {name: values.double() for name, values in read_safetensors(case["noise"]).items()} if case["noise"] else {}
    optimizer, average, memory = optimizer_of(model, case["optimizer"]), case["average"], {}
    mean = averaged_model(model, average) if average else None
    sizes = [parameter.numel() for parameter in model.parameters()]
    losses = []
    for step, order in enumerate(case["orders"]):
        parts = torch.tensor(order).chunk(case["parts"])
        passes = []
        for part, chosen in enumerate(parts):
            flat = noise.get(f"u.{step}.{part}")
            pieces = flat.split(sizes) if flat is not None else []
            u = [piece.reshape(p.shape) for piece, p in zip(pieces, model.parameters())]
            batch = train[0][chosen], train[1][chosen]
            passes.append(method_gradient(case["method"], model, memory, batch, u, noise.get(f"a.{step}.{part}")))
        for i, parameter in enumerate(model.parameters()):
            parameter.grad = sum(gradients[i] for _, gradients in passes) / len(passes)
        optimizer.step()
        losses.append(sum(loss for loss, _ in passes) / len(passes))
        if mean and (average["kind"] == "ema" or step >= average["from"] * len(case["orders"])):
            mean.update_parameters(model)
    ours = read_safetensors(case["checkpoint"])
    result = {"losses": losses, "apart": apart(ours, model.named_parameters())}
    if mean:
        update_bn([train], mean)
        mean.eval()
        result["averageLoss"] = nn.functional.cross_entropy(mean(test[0]), test[1]).item()
        theirs = torch.cat([parameter.flatten() for parameter in mean.parameters()])
        result["averageApart"] = apart(ours, [("average.parameters", theirs)])
    return result


def apart(ours, theirs):
    return max(((ours[name] - value).abs().max() / value.abs().max()).item() for name, value in theirs)


print(json.dumps([run(case) for case in json.load(sys.stdin)]))
