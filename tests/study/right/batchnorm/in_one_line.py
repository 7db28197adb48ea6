"""var_mean, the gradient in its short form, means over several dimensions at once."""

import torch
from torch.nn import Buffer, Module, Parameter


def normalise(x, gamma, beta, eps):
    variance, mean = torch.var_mean(x, dim=0, correction=0)
    standard = (x - mean) * torch.rsqrt(variance + eps)
    return torch.addcmul(beta, gamma, standard), standard, mean, variance


def gradients(x, gamma, dy, eps):
    n = x.shape[0]
    _, standard, _, v = normalise(x, gamma, gamma, eps)
    dbeta, dgamma = dy.sum(0), torch.einsum("nf,nf->f", dy, standard)
    return gamma / n * torch.rsqrt(v + eps) * (n * dy - dbeta - standard * dgamma), dgamma, dbeta


def normalise_maps(x, gamma, beta, eps):
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = (x - mean).pow(2).mean((0, 2, 3), keepdim=True)
    shape = (1, -1, 1, 1)
    return gamma.view(shape) * (x - mean) / torch.sqrt(variance + eps) + beta.view(shape)


def folded(W, gamma, beta, mean, variance, eps):
    slope = torch.diag(gamma * torch.rsqrt(variance + eps))
    return slope @ W, beta - slope @ mean


class BatchNorm(Module):
    def __init__(self, features, momentum=0.1, eps=1e-5):
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.gamma, self.beta = Parameter(torch.ones(features)), Parameter(torch.zeros(features))
        self.mean, self.variance = Buffer(torch.zeros(features)), Buffer(torch.ones(features))

    def forward(self, x):
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = x.mean(0), x.var(0, correction=0)
            self.mean.lerp_(mean.detach(), self.momentum)
            self.variance.lerp_(x.detach().var(0), self.momentum)
        return self.gamma * (x - mean) * torch.rsqrt(variance + self.eps) + self.beta


def network(x, batches, layers, W, b, eps):
    n, z = batches.shape[1], batches
    for weight, gamma, beta in layers:
        sums = torch.einsum("bni,ui->bnu", z, weight)
        means, variances = sums.mean(1, keepdim=True), sums.var(1, correction=0, keepdim=True)
        z = torch.sigmoid(gamma * (sums - means) / torch.sqrt(variances + eps) + beta)
        population = variances.mean((0, 1)) * n / (n - 1)
        x = torch.sigmoid(gamma * (x @ weight.T - means.mean((0, 1))) / torch.sqrt(population + eps) + beta)
    return torch.addmm(b, x, W.T)
