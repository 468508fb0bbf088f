"""The paper's networks in PyTorch, layer for layer as the authors built them: the oracle of src/nn/models."""

import torch
from torch import nn


class GivenDropout(nn.Module):
    """Dropout that drops the units whose given uniform number is below the rate, so that both sides drop the same."""

    def __init__(self, rate, units):
        super().__init__()
        self.rate = rate
        self.units = units
        self.uniform = None

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        return x * (self.uniform >= self.rate).to(x.dtype) / (1 - self.rate)


class Convolutional(nn.Module):
    """`features`, flattened, then `classifier`."""

    def __init__(self, features, classifier):
        super().__init__()
        self.features = features
        self.classifier = classifier

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Perceptron(nn.Module):
    def __init__(self, shape, hidden, classes):
        super().__init__()
        layers = []
        inputs = shape[0] * shape[1] * shape[2]
        for units in hidden:
            layers += [nn.Linear(inputs, units), nn.BatchNorm1d(units), nn.ReLU()]
            inputs = units
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, classes))

    def forward(self, x):
        return self.layers(x.flatten(1))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        residual = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(residual + shortcut)


class ResNet44(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(shape[0], 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = self.stage(16, 16, 1)
        self.layer2 = self.stage(16, 32, 2)
        self.layer3 = self.stage(32, 64, 2)
        # 8 for CIFAR's images: all that is left of them.
        self.avgpool = nn.AvgPool2d(shape[1] // 4)
        self.fc = nn.Linear(64, classes)

    @staticmethod
    def stage(inputs, outputs, stride):
        return nn.Sequential(BasicBlock(inputs, outputs, stride), *[BasicBlock(outputs, outputs, 1) for _ in range(6)])

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(self.avgpool(x).flatten(1))


def hidden(inputs, units, rate):
    return [nn.Linear(inputs, units, bias=False), nn.BatchNorm1d(units), nn.ReLU(), GivenDropout(rate, units)]


def flattened(features, shape):
    with torch.no_grad():
        return features.eval()(torch.zeros(1, *shape)).numel()


def cifar_shallow(shape, classes, rate):
    features = nn.Sequential(
        nn.Conv2d(shape[0], 64, 5, padding=2, bias=False), nn.MaxPool2d(3, 2), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 64, 5, padding=2, bias=False), nn.MaxPool2d(3, 2), nn.BatchNorm2d(64), nn.ReLU(),
    )
    classifier = nn.Sequential(
        *hidden(flattened(features, shape), 384, rate), *hidden(384, 192, rate), nn.Linear(192, classes)
    )
    return Convolutional(features, classifier)


def alexnet(shape, classes, rate):
    features = nn.Sequential(
        nn.Conv2d(shape[0], 64, 11, stride=4, padding=2, bias=False), nn.MaxPool2d(3, 2), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 192, 5, padding=2, bias=False), nn.MaxPool2d(3, 2), nn.ReLU(), nn.BatchNorm2d(192),
        nn.Conv2d(192, 384, 3, padding=1, bias=False), nn.ReLU(), nn.BatchNorm2d(384),
        nn.Conv2d(384, 256, 3, padding=1, bias=False), nn.ReLU(), nn.BatchNorm2d(256),
        nn.Conv2d(256, 256, 3, padding=1, bias=False), nn.MaxPool2d(3, 2), nn.ReLU(), nn.BatchNorm2d(256),
    )
    classifier = nn.Sequential(
        *hidden(flattened(features, shape), 4096, rate), *hidden(4096, 4096, rate), nn.Linear(4096, classes)
    )
    return Convolutional(features, classifier)


def build(name, shape, classes, rate=0.5, widths=(128, 128)):
    """The model `name` for images of `shape` (channels, height, width), in float32."""
    if name == "f1":
        return Perceptron(shape, [512] * 5, classes)
    if name == "mlp":
        return Perceptron(shape, widths, classes)
    if name in ("c1", "c3"):
        return cifar_shallow(shape, classes, rate)
    if name == "resnet44":
        return ResNet44(shape, classes)
    if name == "alexnet":
        return alexnet(shape, classes, rate)
    raise ValueError(f"no model {name!r}")
