"""The tasks of protocol.ts in PyTorch, as a PyTorch user would write them for speed.

Each is a function of how many times to do it, always from the same start, and how many times before that are not timed;
it returns seconds and an outcome.
"""

import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "pytorch"))
import models  # noqa: E402


def prepare(task, channels_last=False, compiled=False):
    torch.manual_seed(1)
    if task["kind"] == "product":
        return product(task)
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    model = network(task).to(memory_format=memory_format)
    forward = torch.compile(model) if compiled else model
    images, labels = batch(task, task["images"] if task["kind"] == "gradient" else task["spec"]["batchSize"])
    work = {"step": training_step, "gradient": loss_and_gradient}[task["kind"]]
    return work(task, model, forward, images.contiguous(memory_format=memory_format), labels)


def product(task):
    a, b = (torch.rand(task["size"], task["size"]) for _ in range(2))
    out = torch.empty_like(a)

    def once():
        torch.mm(a, b, out=out)
        return out[0, 0].item()

    return lambda times, untimed: repeated(once, times, untimed)


def training_step(task, model, forward, x, y):
    spec = task["spec"]
    model.train()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    ghosts = spec["batchSize"] // (spec["ghostBatchSize"] or spec["batchSize"])
    device = next(model.parameters()).device
    method, clip = spec["method"], spec["optimizer"]["clipNorm"]

    def run(times, untimed):
        model.load_state_dict(start)
        parameters = list(model.parameters())
        optimizer = optimizer_of(spec["optimizer"], parameters, task["learningRate"])

        def step():
            optimizer.zero_grad(set_to_none=True)
            noise = drawn(method, parameters)
            add(parameters, noise, 1)
            total = 0
            for images, labels in zip(x.chunk(ghosts), y.chunk(ghosts)):
                # The mean over ghost batches is the gradient of the mean of their losses.
                loss = nn.functional.cross_entropy(forward(images.to(device)), labels.to(device)) / ghosts
                loss.backward()
                total += loss.item()
            add(parameters, noise, -1)
            if clip is not None:
                nn.utils.clip_grad_norm_(parameters, clip)
            optimizer.step()
            return total

        return repeated(step, times, untimed)

    return run


def drawn(method, parameters):
    """Noise for each parameter, as the authors' code draws it; none for the baseline."""
    if method["name"] == "baseline":
        return []
    a = method["noise"]["a"]
    if method["name"] == "smoothout":
        return [torch.empty_like(p).uniform_(-a, a) for p in parameters]
    return [filter_adaptive(p.detach(), a) for p in parameters]


def filter_adaptive(p, a):
    u = torch.empty_like(p).uniform_(-1, 1)
    rows = (p.shape[0], -1)
    factor = a * p.reshape(rows).norm(dim=1, keepdim=True) / (u.reshape(rows).norm(dim=1, keepdim=True) + 1e-6)
    return (u.reshape(rows) * factor).reshape(p.shape)


@torch.no_grad()
def add(parameters, noise, sign):
    for p, n in zip(parameters, noise):
        p.add_(n, alpha=sign)


def loss_and_gradient(task, model, forward, x, y):
    model.eval()
    parameters = list(model.parameters())
    w = torch.cat([p.detach().flatten() for p in parameters]).double()
    sizes = [p.numel() for p in parameters]

    def once():
        # torch's vector_to_parameters would undo the memory format.
        with torch.no_grad():
            for p, values in zip(parameters, w.float().split(sizes)):
                p.copy_(values.view(p.shape))
        model.zero_grad(set_to_none=True)
        total = 0
        for images, labels in zip(x.split(task["batchSize"]), y.split(task["batchSize"])):
            loss = nn.functional.cross_entropy(forward(images), labels, reduction="sum")
            loss.backward()
            total += loss.item()
        torch.cat([p.grad.flatten() for p in parameters]).double().div_(task["images"])
        return total / task["images"]

    return lambda times, untimed: repeated(once, times, untimed)


def repeated(once, times, untimed):
    for _ in range(untimed):
        once()
    start = time.perf_counter()
    for _ in range(times):
        outcome = once()
    return time.perf_counter() - start, outcome


def network(task):
    spec = task["spec"]
    rate = 0.5 if spec["dropout"] is None else spec["dropout"]
    model = models.build(spec["model"], shape_of(task), task["classes"], rate=rate, widths=spec["hidden"] or (128, 128))
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, models.GivenDropout):
                setattr(module, name, nn.Dropout(rate))
    return model


def batch(task, count):
    images = torch.rand(count, *shape_of(task)) * 2 - 1
    labels = torch.randint(task["classes"], (count,))
    return images, labels


def shape_of(task):
    return [task["shape"][key] for key in ("channels", "height", "width")]


def optimizer_of(settings, parameters, learning_rate):
    decay = settings["weightDecay"]
    if settings["name"] == "adam":
        return torch.optim.Adam(parameters, lr=learning_rate, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=learning_rate, momentum=settings["momentum"], weight_decay=decay)
