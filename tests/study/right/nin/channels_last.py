"""Maps as the last axis and products of matrices; pools one axis after the other."""

import torch


def across(x, W, b):
    return torch.relu(torch.addmm(b, x.movedim(1, -1).flatten(0, 2), W.T)).view(
        len(x), x.shape[2], x.shape[3], -1).movedim(-1, 1)  # fmt: skip


def mlpconv(x, kernels, b_1, W_2, b_2, W_3, b_3):
    k = kernels.size(-1)
    border = k // 2
    windows = torch.constant_pad_nd(x, (border, border, border, border)).unfold(2, k, 1).unfold(3, k, 1)
    f = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)
    for W, b in ((kernels.flatten(1), b_1), (W_2, b_2), (W_3, b_3)):
        f = (f @ W.mT + b).relu()
    return f.permute(0, 3, 1, 2)


def pool(x):
    for dim in (2, 3):
        if x.shape[dim] % 2 == 0:
            x = torch.cat([x, x.select(dim, -1).unsqueeze(dim)], dim)
        x = torch.maximum(torch.maximum(x.unfold(dim, 3, 2)[..., 0], x.unfold(dim, 3, 2)[..., 1]),
                          x.unfold(dim, 3, 2)[..., 2])  # fmt: skip
    return x


def averaging(classes, height, width):
    n = height * width
    return torch.kron(torch.eye(classes, dtype=torch.float64), torch.ones(1, n, dtype=torch.float64) / n)


def loss(maps, target):
    n, classes, height, width = maps.shape
    logits = maps.flatten(1) @ averaging(classes, height, width).T
    shares = torch.softmax(logits, dim=1)[torch.arange(n), target]
    return logits, shares.log().mean().neg()


def nin(images, p):
    def layer(name):
        return p[name], p[f"{name}_bias"]

    first = pool(mlpconv(images, *layer("conv1"), *layer("cccp1"), *layer("cccp2")))
    second = pool(mlpconv(first, *layer("conv2"), *layer("cccp3"), *layer("cccp4")))
    third = mlpconv(second, *layer("conv3"), *layer("cccp5"), *layer("cccp6"))
    return third.flatten(1) @ averaging(*third.shape[1:]).T
