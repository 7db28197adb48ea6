"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def backwards(source: Int[Tensor, "batch places"], lengths: Int[Tensor, " batch"]) -> Int[Tensor, "batch places"]:
    """The words of every sentence from the last to the first; its end and the padding stay where they are."""
    turned = source.clone()
    for row, length in zip(turned, lengths.tolist(), strict=True):
        row[: length - 1] = row[: length - 1].flip(0)
    return turned


def climb(
    x: Float[Tensor, "batch n"],
    h: Float[Tensor, "batch layers n"],
    c: Float[Tensor, "batch layers n"],
    W: Float[Tensor, "layers 4*n n"],
    U: Float[Tensor, "layers 4*n n"],
    b: Float[Tensor, "layers 4*n"],
) -> tuple[Float[Tensor, "batch layers n"], Float[Tensor, "batch layers n"]]:
    """h and c of all layers after one more word."""
    outputs, cells = [], []
    for layer in range(len(W)):
        i, f, g, o = (x @ W[layer].T + h[:, layer] @ U[layer].T + b[layer]).chunk(4, dim=1)
        cell = torch.sigmoid(f) * c[:, layer] + torch.sigmoid(i) * torch.tanh(g)
        x = torch.sigmoid(o) * torch.tanh(cell)
        outputs.append(x)
        cells.append(cell)
    return torch.stack(outputs, 1), torch.stack(cells, 1)


def read(
    x: Float[Tensor, "batch places n"],
    lengths: Int[Tensor, " batch"],
    W: Float[Tensor, "layers 4*n n"],
    U: Float[Tensor, "layers 4*n n"],
    b: Float[Tensor, "layers 4*n"],
) -> tuple[Float[Tensor, "batch layers n"], Float[Tensor, "batch layers n"]]:
    """What the decoder is handed: h and c of all layers where each sentence ends."""
    h = c = x.new_zeros(len(x), len(W), x.shape[2])
    for t in range(x.shape[1]):
        inside = (t < lengths)[:, None, None]
        new_h, new_c = climb(x[:, t], h, c, W, U, b)
        h, c = torch.where(inside, new_h, h), torch.where(inside, new_c, c)
    return h, c


def logits(
    source: Int[Tensor, "batch places"],
    lengths: Int[Tensor, " batch"],
    target: Int[Tensor, "batch time"],
    encoder: Parameters,
    decoder: Parameters,
) -> Float[Tensor, "batch time vocab"]:
    """What the decoder thinks of every token of the target, by teacher forcing; token 0 is the begin."""
    x = encoder["C"][backwards(source, lengths)]
    h, c = read(x, lengths, encoder["W"], encoder["U"], encoder["b"])
    before = torch.cat([torch.zeros_like(target[:, :1]), target[:, :-1]], 1)
    tops = []
    for y in decoder["C"][before].unbind(1):
        h, c = climb(y, h, c, decoder["W"], decoder["U"], decoder["b"])
        tops.append(h[:, -1])
    return torch.stack(tops, 1) @ decoder["V"].T + decoder["d"]


def loss(
    scores: Float[Tensor, "batch time vocab"], target: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """-log p(target | source), the mean over the sentences, in nats."""
    logs = torch.log_softmax(scores, 2).gather(2, target[:, :, None])[:, :, 0]
    inside = torch.arange(target.shape[1]) < lengths[:, None]
    return -(logs * inside).sum(1).mean()


def search(
    following: Callable[[list[int]], Float[Tensor, " vocab"]], beam: int, end: int, longest: int
) -> tuple[list[int], float]:
    """The likeliest translation that a beam finds, its end included, and its log-probability."""
    going: list[tuple[list[int], float]] = [([], 0.0)]
    complete = []
    for _ in range(longest):
        longer = [
            ([*tokens, token], total + log_p)
            for tokens, total in going
            for token, log_p in enumerate(following(tokens).tolist())
        ]
        best = sorted(longer, key=lambda one: -one[1])[:beam]
        complete += [one for one in best if one[0][-1] == end]
        going = [one for one in best if one[0][-1] != end]
    return max(complete + going, key=lambda one: one[1])
