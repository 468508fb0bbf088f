"""Largest eigenvalues and trace of the loss's Hessian or Gauss-Newton matrix by PyTorch's autograd, in float64.

Reads cases as JSON from standard input and prints an answer to each. The trace is exact: that of the Gauss-Newton matrix
from its definition, a backward pass for each image and class. With running statistics it is the Hessian's too, since the
logits of these networks are linear in every single parameter where no rectifier or maximum changes side.
"""
import json
import sys

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import nn

from files import load_parameters, read_safetensors
from models import build


def flat(tensors):
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def answer(case):
    data = read_safetensors(case["images"])
    images, labels = data["images"].double(), data["labels"].long()
    model = build(case["model"], tuple(images.shape[1:]), case["classes"], rate=0, widths=case.get("widths", ()))
    load_parameters(model, case["weights"])
    model.double().train(case["batchNorm"] == "batch")
    parameters = list(model.parameters())
    sizes = [parameter.numel() for parameter in parameters]

    def as_tensors(vector):
        pieces = torch.from_numpy(np.asarray(vector, np.float64).reshape(-1)).split(sizes)
        return [piece.view_as(parameter) for piece, parameter in zip(pieces, parameters)]

    logits = model(images)
    loss = nn.functional.cross_entropy(logits, labels)
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    slope = flat(gradients)
    cotangent = torch.zeros_like(logits, requires_grad=True)
    pulled_back = flat(torch.autograd.grad(logits, parameters, cotangent, create_graph=True))
    p = logits.detach().softmax(1)

    def hessian(vector):
        v = flat(as_tensors(vector))
        return flat(torch.autograd.grad(slope @ v, parameters, retain_graph=True)).numpy()

    def gauss_newton(vector):
        v = flat(as_tensors(vector))
        (jv,) = torch.autograd.grad(pulled_back @ v, cotangent, retain_graph=True)
        weighted = p * jv
        u = (weighted - p * weighted.sum(1, keepdim=True)) / len(images)
        return flat(torch.autograd.grad(logits, parameters, u, retain_graph=True)).numpy()

    product = hessian if case["matrix"] == "hessian" else gauss_newton
    operator = LinearOperator((sum(sizes), sum(sizes)), matvec=product, dtype=np.float64)
    values = eigsh(operator, k=case["top"], which="LM", ncv=8 + 2 * case["top"], tol=1e-6, return_eigenvectors=False)

    trace = 0.0
    for n in range(len(images)):
        # diag p - p pT = B BT with B = diag(sqrt p) - p sqrt(p)T
        root = p[n].sqrt()
        for column in torch.diag(root) - torch.outer(root, p[n]):
            u = torch.zeros_like(p)
            u[n] = column
            trace += flat(torch.autograd.grad(logits, parameters, u, retain_graph=True)).square().sum().item()
    return {
        "eigenvalues": sorted(values.tolist(), key=abs, reverse=True),
        "trace": trace / len(images),
        "loss": loss.item(),
    }


print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
