"""Drawing x from p(x), one input after the other in the network's ordering, and what a half of x leaves open."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor

from firsthand.papers.made.model import ACTIVATIONS, MADE


@torch.no_grad()
def draw(
    model: MADE,
    m: list[Int64[Tensor, " _"]],
    x: Float[Tensor, "batch inputs"],
    known: Bool[Tensor, " inputs"],
    generator: Generator,
    temperature: float = 1.0,
    greedy: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Float[Tensor, "batch inputs"]:
    """x with every input that is not `known` drawn from p(x_d | x_<d), in the order of m^0: D passes at most.

    The masks are multiplied into the weights once, and of the last layer each pass needs one row. A known input that
    comes after others in m^0 is kept, but says nothing to them. `temperature` divides the logits, `greedy` takes the
    likelier value, and `step` is called after every pass.
    """
    masks, g = model.masks(m), ACTIVATIONS[model.config.activation]
    layers = [(layer.weight * mask, layer.bias) for layer, mask in zip(model.layers, masks, strict=False)]
    if model.conditions:
        seen = [(u.weight * mask).sum(1) for u, mask in zip(model.conditions, masks, strict=False)]
        layers[:-1] = [(weight, bias + more) for (weight, bias), more in zip(layers, seen, strict=False)]
    (v, c), a = layers.pop(), None if model.direct is None else model.direct.weight * masks[-1]
    x = torch.where(known, x, 0).to(v)
    for d in [d for d in m[0].argsort().tolist() if not known[d]]:
        h = x
        for weight, bias in layers:
            h = g(torch.addmm(bias, h, weight.t()))
        logit = h @ v[d] + c[d]
        if a is not None:
            logit = logit + x @ a[d]
        chance = torch.rand(len(x), generator=generator, dtype=torch.float64).to(logit.device)
        ones = logit > 0 if greedy else chance < (logit.double() / temperature).sigmoid()
        x[:, d] = ones.to(x.dtype)
        step()
    return x


def first(known: Bool[Tensor, " inputs"], generator: Generator) -> Int64[Tensor, " inputs"]:
    """A random ordering m^0 in which the known inputs come before all others."""
    places = torch.randperm(len(known), generator=generator)
    order = torch.cat([places[known[places]], places[~known[places]]])
    return torch.empty_like(order).index_put_((order,), torch.arange(1, 1 + len(order)))


def comes_first(ordering: Int64[Tensor, " inputs"], known: Bool[Tensor, " inputs"]) -> bool:
    """Whether all known inputs come before all others."""
    return not known.any() or bool(known.all()) or int(ordering[known].max()) < int(ordering[~known].min())
