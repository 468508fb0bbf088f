"""Worst-case, average-case and LPF sharpness in PyTorch, from the formulas of Andriushchenko et al. (2023) and Bisla et al.
(2022) as in their public code, for comparison with `smoothout sharpness --measure`.

Reads measurements of one checkpoint as JSON from standard input and prints the value of each. Everything is computed in
float64; the random numbers of the averages are given.
"""
import json
import math
import sys

import torch
from torch import nn

from files import load_parameters, read_mnist, read_safetensors
from models import build


def losses_of(model, normalise, images, labels):
    """Loss and gradient, both at w + delta, of one set of images."""
    parameters = list(model.parameters())
    sizes = [parameter.numel() for parameter in parameters]
    w = torch.cat([parameter.detach().flatten() for parameter in parameters])

    def at(delta):
        with torch.no_grad():
            for parameter, piece in zip(parameters, (w + delta).split(sizes)):
                parameter.copy_(piece.reshape(parameter.shape))
        logits = model(images)
        if normalise:
            logits = logits - logits.mean(dim=1, keepdim=True)
            logits = logits / logits.norm(dim=1, keepdim=True)
        loss = nn.functional.cross_entropy(logits, labels)
        gradient = torch.cat([piece.flatten() for piece in torch.autograd.grad(loss, parameters)])
        with torch.no_grad():
            for parameter, piece in zip(parameters, w.split(sizes)):
                parameter.copy_(piece.reshape(parameter.shape))
        return loss.item(), gradient

    return at, w


def worst_case(at, c, norm, rho, steps):
    """Auto-PGD (Croce and Hein 2020, Algorithm 1) from delta = 0 over the set of delta with ||delta / c|| <= rho."""

    def project(delta):
        if norm == "linf":
            return torch.minimum(torch.maximum(delta, -rho * c), rho * c)
        length = (delta[c > 0] / c[c > 0]).norm()
        return delta * min(1.0, rho / length.item()) if length > 0 else delta

    def step_along(gradient):
        """The step of length 1, measured as the set is, along which the loss rises fastest."""
        if norm == "linf":
            return c * gradient.sign()
        return c * c * gradient / (c * gradient).norm()

    p = [0.0, 0.22]
    while p[-1] <= 1:
        p.append(p[-1] + max(p[-1] - p[-2] - 0.03, 0.06))
    windows = [math.ceil(share * steps) for share in p]
    x_before = torch.zeros_like(c)
    eta = 2 * rho
    f0, gradient = at(x_before)
    x = project(x_before + eta * step_along(gradient))
    f = [f0, at(x)[0]]
    f_max, x_max = max((f0, x_before), (f[1], x), key=lambda pair: pair[0])
    etas, maxima = {0: None}, {0: None}
    j = 1
    rises = [f[1] > f[0]]
    for k in range(1, steps):
        if k == windows[j]:
            rate = sum(rises[windows[j - 1] :])
            first = rate < 0.75 * (windows[j] - windows[j - 1])
            second = etas[j - 1] == eta and maxima[j - 1] == f_max
            etas[j], maxima[j] = eta, f_max
            j += 1
            if first or second:
                eta /= 2
                x, f[k] = x_max, f_max
        z = project(x + eta * step_along(at(x)[1]))
        x_before, x = x, project(x + 0.75 * (z - x) + 0.25 * (x - x_before))
        f.append(at(x)[0])
        rises.append(f[k + 1] > f[k])
        if f[k + 1] > f_max:
            f_max, x_max = f[k + 1], x
    return f_max - f0


def value_of(case, model, images, labels, noise):
    m, rho = case["m"], case["radius"]
    values = []
    for number, start in enumerate(range(0, case["images"], m)):
        at, w = losses_of(model, case["logits"] == "normalised", images[start : start + m], labels[start : start + m])
        c = w.abs() if case["adaptive"] else torch.ones_like(w)
        if case["measure"] == "worst":
            values.append(worst_case(at, c, case["norm"], rho, case["steps"]))
            continue
        base = 0 if case["measure"] == "lpf" else at(torch.zeros_like(w))[0]
        for draw in range(case["steps"]):
            values.append(at(c * noise[f"{case['norm']}.{number}.{draw}"] * rho)[0] - base)
    return sum(values) / len(values)


def main():
    given = json.load(sys.stdin)
    images, labels = read_mnist(given["data"], "train")
    model = build("mlp", (1, 28, 28), 10, widths=given["hidden"])
    load_parameters(model, given["checkpoint"])
    model.double().eval()
    noise = {name: values.double() for name, values in read_safetensors(given["noise"]).items()}
    print(json.dumps([value_of(case, model, images.double(), labels, noise) for case in given["cases"]]))


main()
