"""The networks in PyTorch, as the projects that publish weights write them; `width` is the first layer's channels."""

import torch
from torch import nn
from torch.nn import functional as F


def randomise(module, seed):
    """Weights under which values neither die nor grow, and batch statistics that matter."""
    generator = torch.Generator().manual_seed(seed)
    uniform = lambda t, low, high: t.uniform_(low, high, generator=generator)
    with torch.no_grad():
        for name, tensor in list(module.named_parameters()) + list(module.named_buffers()):
            if tensor.dim() > 1:
                fan_in = tensor[0].numel()
                tensor.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            elif name.endswith("running_var"):
                uniform(tensor, 0.5, 1.5)
            elif name.endswith("running_mean") or name.endswith("bias"):
                uniform(tensor, -0.2, 0.2)
            elif name.endswith("weight"):
                uniform(tensor, 0.3, 0.9)
    return module.eval()


class Vgg16(nn.Module):
    """vgg_face_dag."""

    def __init__(self, channels, hidden, size, classes):
        super().__init__()
        ins = 3
        for block, (depth, out) in enumerate(zip((2, 2, 3, 3, 3), channels), 1):
            for layer in range(1, depth + 1):
                setattr(self, f"conv{block}_{layer}", nn.Conv2d(ins, out, 3, padding=1))
                ins = out
        self.fc6 = nn.Linear(ins * (size // 32) ** 2, hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc8 = nn.Linear(hidden, classes)

    def forward(self, x):
        for block, depth in enumerate((2, 2, 3, 3, 3), 1):
            for layer in range(1, depth + 1):
                x = F.relu(getattr(self, f"conv{block}_{layer}")(x))
            x = F.max_pool2d(x, 2)
        x = F.relu(self.fc6(x.flatten(1)))
        return F.relu(self.fc7(x))


class Bottleneck(nn.Module):
    """VGGFace2-pytorch: the stride is in the first convolution; conv4 and conv5 squeeze and excite."""

    def __init__(self, ins, width, stride, gated):
        super().__init__()
        out = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(ins, width, 1, stride, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = None
        if ins != out or stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(ins, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.gated = gated
        if gated:
            self.conv4, self.conv5 = nn.Conv2d(out, out // 16, 1), nn.Conv2d(out // 16, out, 1)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        if self.gated:
            y = y * torch.sigmoid(self.conv5(F.relu(self.conv4(y.mean((2, 3), keepdim=True)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Resnet(nn.Module):
    def __init__(self, width, gated, classes, projection=None):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        ins = width
        for stage, depth in enumerate((3, 4, 6, 3), 1):
            inner, blocks = width << (stage - 1), []
            for block in range(depth):
                blocks.append(Bottleneck(ins, inner, 2 if stage > 1 and block == 0 else 1, gated))
                ins = 4 * inner
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.feat_extract = nn.Conv2d(ins, projection, 1, bias=False) if projection else None
        self.fc = None if projection else nn.Linear(ins, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 2, 0, ceil_mode=True)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3), keepdim=True)
        if self.feat_extract is not None:
            x = self.feat_extract(x)
        return x.flatten(1)


def oxford_names(state):
    """VGGFace2-pytorch's names as Oxford's files have them; the classifier is a 1×1 convolution there."""
    parts = {"1": "1x1_reduce", "2": "3x3", "3": "1x1_increase", "4": "1x1_down", "5": "1x1_up"}
    renamed = {}
    for name, tensor in state.items():
        words = name.split(".")
        if words[0] in ("conv1", "bn1"):
            new = "conv1_7x7_s2" + ("_bn" if words[0] == "bn1" else "")
        elif words[0].startswith("layer"):
            start = f"conv{int(words[0][5:]) + 1}_{int(words[1]) + 1}_"
            if words[2] == "downsample":
                new = start + "1x1_proj" + ("_bn" if words[3] == "1" else "")
            else:
                new = start + parts[words[2][-1]] + ("_bn" if words[2].startswith("bn") else "")
        elif words[0] == "fc":
            new = "classifier"
            tensor = tensor[:, :, None, None] if tensor.dim() == 2 else tensor
        else:
            new = words[0]
        renamed[f"{new}.{words[-1]}"] = tensor
    return renamed


class Unit(nn.Module):
    """A convolution of Inception-ResNet."""

    def __init__(self, ins, out, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(ins, out, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Residual(nn.Module):
    def __init__(self, ins, branches, scale, relu=True):
        super().__init__()
        self.count, self.scale, self.relu = len(branches), scale, relu
        for at, branch in enumerate(branches):
            setattr(self, f"branch{at}", branch)
        out = sum((b[-1] if isinstance(b, nn.Sequential) else b).conv.out_channels for b in branches)
        self.conv2d = nn.Conv2d(out, ins, 1)

    def forward(self, x):
        y = torch.cat([getattr(self, f"branch{at}")(x) for at in range(self.count)], 1)
        y = self.conv2d(y) * self.scale + x
        return F.relu(y) if self.relu else y


class Halving(nn.Module):
    def __init__(self, branches):
        super().__init__()
        self.count = len(branches)
        for at, branch in enumerate(branches):
            setattr(self, f"branch{at}", branch)

    def forward(self, x):
        parts = [getattr(self, f"branch{at}")(x) for at in range(self.count)]
        return torch.cat(parts + [F.max_pool2d(x, 3, 2)], 1)


class InceptionResnetV1(nn.Module):
    """facenet-pytorch."""

    def __init__(self, c, embedding, classes):
        super().__init__()
        row = nn.Sequential
        self.conv2d_1a = Unit(3, c, 3, 2)
        self.conv2d_2a = Unit(c, c, 3)
        self.conv2d_2b = Unit(c, 2 * c, 3, 1, 1)
        self.conv2d_3b = Unit(2 * c, 5 * c // 2, 1)
        self.conv2d_4a = Unit(5 * c // 2, 6 * c, 3)
        self.conv2d_4b = Unit(6 * c, 8 * c, 3, 2)
        block35 = lambda: Residual(8 * c, [
            Unit(8 * c, c, 1),
            row(Unit(8 * c, c, 1), Unit(c, c, 3, 1, 1)),
            row(Unit(8 * c, c, 1), Unit(c, c, 3, 1, 1), Unit(c, c, 3, 1, 1)),
        ], 0.17)
        self.repeat_1 = row(*(block35() for _ in range(5)))
        self.mixed_6a = Halving([
            Unit(8 * c, 12 * c, 3, 2),
            row(Unit(8 * c, 6 * c, 1), Unit(6 * c, 6 * c, 3, 1, 1), Unit(6 * c, 8 * c, 3, 2)),
        ])
        block17 = lambda: Residual(28 * c, [
            Unit(28 * c, 4 * c, 1),
            row(Unit(28 * c, 4 * c, 1), Unit(4 * c, 4 * c, (1, 7), 1, (0, 3)), Unit(4 * c, 4 * c, (7, 1), 1, (3, 0))),
        ], 0.10)
        self.repeat_2 = row(*(block17() for _ in range(10)))
        self.mixed_7a = Halving([
            row(Unit(28 * c, 8 * c, 1), Unit(8 * c, 12 * c, 3, 2)),
            row(Unit(28 * c, 8 * c, 1), Unit(8 * c, 8 * c, 3, 2)),
            row(Unit(28 * c, 8 * c, 1), Unit(8 * c, 8 * c, 3, 1, 1), Unit(8 * c, 8 * c, 3, 2)),
        ])
        block8 = lambda scale, relu: Residual(56 * c, [
            Unit(56 * c, 6 * c, 1),
            row(Unit(56 * c, 6 * c, 1), Unit(6 * c, 6 * c, (1, 3), 1, (0, 1)), Unit(6 * c, 6 * c, (3, 1), 1, (1, 0))),
        ], scale, relu)
        self.repeat_3 = row(*(block8(0.20, True) for _ in range(5)))
        self.block8 = block8(1.0, False)
        self.last_linear = nn.Linear(56 * c, embedding, bias=False)
        self.last_bn = nn.BatchNorm1d(embedding, eps=0.001)
        self.logits = nn.Linear(embedding, classes)

    def forward(self, x):
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x)))
        x = self.conv2d_3b(F.max_pool2d(x, 3, 2))
        x = self.repeat_1(self.conv2d_4b(self.conv2d_4a(x)))
        x = self.repeat_3(self.mixed_7a(self.repeat_2(self.mixed_6a(x))))
        return self.last_bn(self.last_linear(self.block8(x).mean((2, 3))))


class Siamese(nn.Module):
    """One twin of Koch, Zemel and Salakhutdinov's network, on colours."""

    def __init__(self, channels, embedding, side):
        super().__init__()
        ins = 3
        for at, (out, kernel) in enumerate(zip(channels, (10, 7, 4, 4)), 1):
            setattr(self, f"conv{at}", nn.Conv2d(ins, out, kernel))
            ins = out
        self.fc = nn.Linear(ins * side * side, embedding)

    def forward(self, x):
        for at in (1, 2, 3):
            x = F.max_pool2d(F.relu(getattr(self, f"conv{at}")(x)), 2)
        return torch.sigmoid(self.fc(F.relu(self.conv4(x)).flatten(1)))
