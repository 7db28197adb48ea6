"""What is said of self-attention, measured: its softmax, sense of order, heads, path, cost, and cache."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import sqrt
from statistics import median
from time import process_time
from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import Module

from firsthand.nn import LSTM, MultiheadAttention, cross_entropy, definitions, softmax
from firsthand.papers.claim import Outcome
from firsthand.papers.selfattention import lookups
from firsthand.papers.selfattention.characters import Contestant, compete
from firsthand.papers.selfattention.lookups import Lookup, Positions, Score, learn
from firsthand.papers.selfattention.model import Config, SelfAttentionNetwork

SIZES = (4, 16, 64, 256, 1024)  # d_k of the table
GAPS = (8, 32, 128)
LENGTHS = (128, 256, 512, 1024, 2048)
PLACES = (64, 128, 256, 512)  # where the time of a token is taken


def saturation(score: Score = "scaled", rows: int = 5000, seed: int = 0) -> Outcome:
    """How sharp the softmax over 32 random keys is for d_k from 4 to 1024: scores, weights, and slope.

    Queries and keys are standard normal. The slope is the mean of a (1 - a), the diagonal of the softmax's Jacobian.

    Args:
        score: q . k / sqrt(d_k), q . k, or v . tanh(q + k) with v of N(0, 1 / d_k).
        rows: queries, with 32 keys of their own each.
        seed: of all of them.
    """
    generator, found = Generator().manual_seed(seed), {}
    for size in SIZES:
        variances, entropies, largest, slopes = [], [], [], []
        for part in torch.empty(rows).split(500):
            q, k = (torch.randn(len(part), n, size, generator=generator) for n in (1, 32))
            v = torch.randn(size, generator=generator) / sqrt(size)
            s = lookups.scores(score, q, k, v)
            a = softmax(s)
            variances.append(s.square().mean())
            entropies.append(-torch.special.xlogy(a, a).sum(1).mean())
            largest.append(a.amax(1).mean())
            slopes.append((a * (1 - a)).mean())
        names = ("variance", "entropy", "largest", "slope")
        for name, values in zip(names, (variances, entropies, largest, slopes), strict=True):
            found[f"{name} {size}"] = torch.stack(values).mean().item()
    return found


def recall(score: Score = "scaled", steps: int = 1000, lr: float = 0.001, seed: int = 0) -> Outcome:
    """Steps until one head finds the value beside a key in 95 % of cases, and its state at first, for d_k of 4 to 256.

    Args:
        score: what compares query and key.
        steps: most steps of Adam on 64 fresh rows.
        lr: its rate.
        seed: of the first weights and of all rows.
    """
    found: dict[str, float | list | None] = {}
    for size in SIZES[:-1]:
        torch.manual_seed(seed)
        generator, network = Generator().manual_seed(seed), lookups.Recall(score, size)
        keys, values, asked, answers = lookups.recall(1024, generator)
        loss = cross_entropy(network(keys, values, asked), answers)
        (gradient,) = torch.autograd.grad(loss, [network.w_q.weight])
        a = network.look(keys, values, asked)
        shown = [part[:1].expand(lookups.PAIRS, -1) for part in (keys, values)]  # one row, asked for each of its keys
        first = network.look(*shown, keys[0])

        def draw(rows: int, generator: Generator = generator) -> lookups.Batch:
            return lookups.recall(rows, generator)

        shares, reached = learn(network, draw, steps, lr, every=10, target=0.95)
        found |= {
            f"entropy {size}": -torch.special.xlogy(a, a).sum(1).mean().item(),
            f"gradient {size}": torch.linalg.vector_norm(gradient).item(),
            f"steps {size}": reached,
            f"shares {size}": shares,
            f"first map {size}": first.flatten().tolist(),
            f"last map {size}": network.look(*shown, keys[0]).flatten().tolist(),
        }
    return found


def order(positions: Positions = "sinusoidal", causal: bool = False, steps: int = 400, seed: int = 0) -> Outcome:
    """Whether two blocks of self-attention learn which of two symbols comes first in a sequence of 16.

    Args:
        positions: what tells a token where it stands.
        causal: whether a token sees only the tokens before it.
        steps: of Adam at rate 0.003, on 64 fresh sequences.
        seed: of the first weights and of all sequences.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = lookups.Reader(lookups.SYMBOLS, 2, 16, positions, causal, layers=2)

    def draw(rows: int) -> lookups.Batch:
        return lookups.before(rows, 16, generator)

    shares, _ = learn(network, draw, steps, 0.003)
    tokens, answers = draw(4096)
    with torch.no_grad():
        one = network(tokens)
        other = network(tokens[:, torch.randperm(16, generator=generator)])
    return {
        "accuracy": lookups.right(network, (tokens, answers)),
        "change": ((one - other).abs().max() / one.abs().max()).item(),
        "shares": shares,
    }


def heads(heads: int = 2, kind: Lookup = "in order", steps: int = 1500, lr: float = 0.001, seed: int = 0) -> Outcome:
    """Steps until a block of 64 numbers answers two questions at once in 95 % of cases, by its number of heads.

    Args:
        heads: attentions side by side, which share the 64 numbers.
        kind: both digits in the order of the two keys, or their sum modulo 10.
        steps: most steps of Adam on 64 fresh rows.
        lr: its rate.
        seed: of the first weights and of all rows.
    """
    torch.manual_seed(seed)
    generator, network = Generator().manual_seed(seed), lookups.TwoLookups(kind, heads)

    def draw(rows: int) -> lookups.Batch:
        return lookups.two_lookups(rows, kind, generator)

    shares, reached = learn(network, draw, steps, lr, target=0.95)
    keys, values, asked, _ = draw(2048)
    places = (keys[:, :, None] == asked[:, None]).int().argmax(1)  # of both keys that are asked for
    looks = network.look(keys, values, asked).gather(2, places[:, None].expand(-1, heads, -1)).mean(0)
    return {
        "steps": reached,
        "last": shares[-1],
        "params": sum(p.numel() for p in network.parameters()),
        "shares": shares,
        "at first key": looks[:, 0].tolist(),
        "at second key": looks[:, 1].tolist(),
    }


def path(
    model: Literal["attention", "rnn", "lstm"] = "attention", steps: int = 400, lr: float = 0.003, seed: int = 0
) -> Outcome:
    """How often a network repeats the first of n + 1 symbols when it is asked for at the end, for n of 8, 32 and 128.

    All have about 9,000 parameters: one block of self-attention, or one recurrent layer.

    Args:
        model: what reads the sequence.
        steps: of Adam on 64 fresh sequences.
        lr: its rate.
        seed: of the first weights and of all sequences.
    """
    found: dict[str, float | list] = {}
    for gap in GAPS:
        torch.manual_seed(seed)
        generator = Generator().manual_seed(seed)
        if model == "attention":
            network: Module = lookups.Reader(9, 8, gap + 2, read="last")
        else:
            network = lookups.Recurrent(model, 9, 8, embed=16, hidden={"rnn": 82, "lstm": 38}[model])

        def draw(rows: int, gap: int = gap, generator: Generator = generator) -> lookups.Batch:
            return lookups.first_token(rows, gap, generator)

        shares, _ = learn(network, draw, steps, lr)
        found |= {f"accuracy {gap}": lookups.right(network, draw(2048)), f"shares {gap}": shares}
        found["params"] = sum(p.numel() for p in network.parameters())
    return found


def slope(x: Sequence[float | int], y: Sequence[float | int]) -> float:
    """The slope of the line through the logarithms: the power of x with which y grows."""
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (x, y))
    x = x - x.mean()
    return (x @ y / (x @ x)).item()


def timed(function: Callable[[], object], least: float = 0.2) -> float:
    """Median milliseconds of CPU time of a call, over `least` seconds and five calls or more."""
    function()
    found: list[float] = []
    while len(found) < 5 or sum(found) < 1000 * least:
        began = process_time()
        function()
        found.append(1000 * (process_time() - began))
    return median(found)


def cost(layer: Literal["fused", "formula", "lstm"] = "fused", embed: int = 64, seed: int = 0) -> Outcome:
    """CPU milliseconds of a layer, both ways, for sequences of 128 to 2048, and the power with which they grow.

    Args:
        layer: multi-head attention with the fused primitive, the same as its formula says, or an LSTM.
        embed: width of the layer.
        seed: of weights and input.
    """
    torch.manual_seed(seed)
    network = LSTM(embed, embed) if layer == "lstm" else MultiheadAttention(embed, 4)
    times = []
    with definitions() if layer == "formula" else nullcontext():
        for length in LENGTHS:
            x = torch.randn(1, length, embed, requires_grad=True)

            def both(x: Tensor = x) -> None:
                y = network(x)
                (y[0] if layer == "lstm" else y).sum().backward()

            times.append(timed(both))
    return {
        "first": times[0],
        "last": times[-1],
        "begin": slope(LENGTHS[:2], times[:2]),
        "end": slope(LENGTHS[-2:], times[-2:]),
        "times": times,
    }


@torch.no_grad()
def cache(keep: bool = True, seed: int = 0) -> Outcome:
    """CPU milliseconds to write one more token after 64 to 512, with the keys and values kept or made again each time.

    Args:
        keep: whether keys and values of earlier tokens are kept.
        seed: of the weights and the tokens.
    """
    torch.manual_seed(seed)
    network = SelfAttentionNetwork(Config(context=1024, embed=128, layers=4)).eval()
    tokens = torch.randint(28, (1, max(PLACES)))
    times, apart = [], 0.0
    for place in PLACES:
        _, state = network.advance(tokens[:, : place - 1])
        last = tokens[:, place - 1 : place]

        def write(place: int = place, last: Tensor = last, state: tuple = state) -> Float[Tensor, "1 vocab"]:
            return network.advance(last, state)[0][:, -1] if keep else network(tokens[:, :place])[:, -1]

        whole = network(tokens[:, :place])[:, -1]
        apart = max(apart, ((write() - whole).abs().max() / whole.abs().max()).item())
        times.append(timed(write))
    found = {f"ms {place}": ms for place, ms in zip(PLACES, times, strict=True)}
    return found | {"power": slope(PLACES, times), "apart": apart, "times": times}


def characters(model: Contestant = "attention", steps: int = 300, seed: int = 0) -> Outcome:
    """Held-out loss of Tiny Shakespeare's characters after equally many steps of networks of equally many parameters.

    Args:
        model: two blocks of self-attention, or one recurrent layer.
        steps: of Adam, on 16 windows of 64 characters each.
        seed: of the first weights and the windows.
    """
    return compete(model, steps, seed)


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "saturation": saturation,
    "recall": recall,
    "order": order,
    "heads": heads,
    "path": path,
    "cost": cost,
    "cache": cache,
    "characters": characters,
}
