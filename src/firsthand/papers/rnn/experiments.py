"""What the claims measure beside training runs: counts, other cells, clipping, windows, and two of Elman's nets."""

from collections.abc import Callable
from itertools import pairwise
from statistics import mean

import torch
from torch import Generator

from firsthand import optim
from firsthand.nn import RNN, Linear, cross_entropy
from firsthand.papers.claim import Outcome
from firsthand.papers.rnn.elman import Elman
from firsthand.papers.rnn.timemachine import Cell, counted, learn

ALPHAS = tuple(10 ** (k / 8) for k in range(-32, 9))  # 0.0001 to 10
WORDS = "many years ago a boy and girl lived by the sea they played so happily".split()  # 15


def counts(order: int = 4, seed: int = 0) -> Outcome:
    """How well counts of the first 10,032 characters of The Time Machine predict the next 5,032.

    Args:
        order: characters counted together: 1 for single ones, 2 for pairs, and so on.
        seed: of nothing; counting leaves nothing to chance.
    """
    return counted(order, ALPHAS)


def language(
    cell: Cell = "rnn",
    layers: int = 1,
    rate: float = 1.0,
    epochs: int = 100,
    clip: float | None = 1.0,
    seed: int = 0,
) -> Outcome:
    """How well a recurrent network of any kind learns The Time Machine by the book's protocol, place by place.

    Args:
        cell: the recurrent layer, of 32 units.
        layers: how many, one on the other.
        rate: of plain SGD, ten updates a pass.
        epochs: passes over the 10,000 windows.
        clip: the largest norm of the gradient; None: any.
        seed: of weights and of the order of the windows.
    """
    found, norms = learn(cell, layers, rate, epochs, clip, seed)
    return found | {"largest norm": max(norms)}


def clipping(
    clip: float | None = None,
    rates: tuple[float, ...] = (1.0, 3.0, 4.0),
    epochs: int = 30,
    seed: int = 0,
) -> Outcome:
    """What becomes of the RNN at too large rates when gradients are clipped, and how often they are.

    A perplexity above 28 is no better than guessing and counts as none.

    Args:
        clip: the largest norm of the gradient; None: any.
        rates: of plain SGD.
        epochs: passes over the 10,000 windows, ten updates each.
        seed: of weights and of the order of the windows.
    """
    found: dict[str, float | list | None] = {}
    for rate in rates:
        run, norms = learn("rnn", 1, rate, epochs, clip, seed)
        score = run["val_perplexity"]
        found[f"at {rate:g}"] = None if score is None or score > 28 else score
        found[f"cut at {rate:g}"] = 0.0 if clip is None else mean(not norm <= clip for norm in norms)
        found[f"norms at {rate:g}"] = [norm for norm in norms if norm < float("inf")]
        found[f"curve at {rate:g}"] = run["curve"]
    return found


def echo(
    window: int = 20, lag: int = 10, hidden: int = 32, length: int = 12_000, rate: float = 0.005, seed: int = 0
) -> Outcome:
    """How well an RNN repeats random bits after a lag, if its gradient goes back through windows of this length.

    The state is carried from window to window without its gradient, so the past is there to be seen, and only what
    lies within the window can be learned from. 32 streams, Adam, one update a window; tested on new streams.

    Args:
        window: steps of truncated back-propagation through time.
        lag: steps after which a bit is due.
        hidden: units.
        length: bits of each stream, whatever the window: shorter ones make more updates of them.
        rate: of Adam.
        seed: of weights and bits.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    layer, head = RNN(1, hidden), Linear(hidden, 2)
    parameters = [*layer.parameters(), *head.parameters()]
    rule = optim.Adam(parameters, lr=rate)
    bits = torch.randint(2, (32, lag + length), generator=generator)  # answers lag behind questions
    state, curve, since = None, [], []
    for start in range(0, length - window + 1, window):
        x = 2.0 * bits[:, lag + start : lag + start + window, None] - 1
        y, state = layer(x, state)
        logits = head(y).flatten(0, 1)
        due = bits[:, start : start + window].flatten()
        rule.zero_grad()
        cross_entropy(logits, due).backward()
        rule.step()
        state = state.detach()
        since.append((logits.argmax(1) == due).double().mean().item())
        if (start + window) // 600 > start // 600:
            curve.append([start + window, mean(since)])
            since.clear()
    with torch.no_grad():
        bits = torch.randint(2, (32, 2000), generator=generator)
        y, _ = layer(2.0 * bits[:, :, None] - 1)
        right = head(y)[:, lag:].argmax(2) == bits[:, :-lag]
    return {"accuracy": right.double().mean().item(), "curve": curve}


def xor(passes: int = 60, rate: float = 1.0, hidden: int = 2, nets: int = 20, seed: int = 0) -> Outcome:
    """How well Elman's networks foresee the bits of a stream in which every third is the exclusive or of two before.

    The squared error by place in a triple, over the last pass: two bits are random and cost 1/4 at best, the third
    costs nothing to who knows where triples begin. "curve" is the error of the third bit in every pass.

    Args:
        passes: times that a stream of 3,000 bits is read; every network has its own.
        rate: of plain gradient descent, after every bit.
        hidden: units, and context units.
        nets: networks with their own first weights.
        seed: of weights and bits.
    """
    generator = Generator().manual_seed(seed)
    pairs = torch.randint(2, (1000, nets, 2), generator=generator)
    triples = torch.cat((pairs, pairs.sum(2, keepdim=True) % 2), 2)
    bits = triples.permute(0, 2, 1).reshape(3000, nets, 1).float()
    net, curve = Elman(nets, 1, hidden, 1, generator), []
    with torch.inference_mode():
        for _ in range(passes):
            expected = torch.stack([net.step(x, target, rate) for x, target in pairwise(bits)])
            errors = (expected - bits[1:]).square().squeeze(2)  # of the second bit, the third, the first, ...
            curve.append(errors[1::3].mean().item())
    third = errors[1::3].mean(0)
    return {
        "first": errors[2::3].mean().item(),
        "second": errors[::3].mean().item(),
        "third": third.mean().item(),
        "learned": (third < 0.125).double().mean().item(),
        "curve": curve,
        "each": third.tolist(),
        "twelve": errors[: 12 * (len(errors) // 12)].view(-1, 12, nets).mean((0, 2)).tolist(),
    }


def words(passes: int = 10, rate: float = 0.1, hidden: int = 20, nets: int = 20, seed: int = 0) -> Outcome:
    """Whether Elman's networks expect the wrong letter where a word begins, in a text without spaces.

    200 sentences of 4 to 9 words, drawn from 15, run together; every letter has a random code of 5 bits. The error is
    the root of the squared errors of the five bits, in one more pass without learning. "rises" is the share of words
    at whose first letter it is higher than at the letter before.

    Args:
        passes: times that the text is read before it is measured.
        rate: of plain gradient descent, after every letter.
        hidden: units, and context units.
        nets: networks with their own first weights.
        seed: of weights, sentences and codes.
    """
    generator = Generator().manual_seed(seed)
    lengths = torch.randint(4, 10, (200,), generator=generator)
    drawn = torch.randint(len(WORDS), (int(lengths.sum()),), generator=generator)
    told = [WORDS[i] for i in drawn]
    text, letters = "".join(told), sorted(set("".join(WORDS)))
    codes = torch.tensor([[n >> k & 1 for k in range(5)] for n in range(32)])
    codes = codes[torch.randperm(32, generator=generator)[: len(letters)]].float()
    stream = codes[[letters.index(letter) for letter in text]][:, None].expand(-1, nets, -1)
    net = Elman(nets, 5, hidden, 5, generator)
    with torch.inference_mode():
        for number in range(passes + 1):
            learn_at = rate if number < passes else 0.0
            expected = torch.stack([net.step(x, target, learn_at) for x, target in pairwise(stream)])
    errors = (expected - stream[1:]).square().sum(2).sqrt().mean(1)  # of letters 1, 2, ...
    places = torch.tensor([place for word in told for place in range(len(word))])[1:]
    begins = places == 0
    return {
        "letters": len(text),
        "first": errors[begins].mean().item(),
        "later": errors[~begins].mean().item(),
        "last": errors[:-1][begins[1:]].mean().item(),
        "rises": (errors[1:] > errors[:-1])[begins[1:]].double().mean().item(),
        "by place": [errors[places == place].mean().item() for place in range(7)],
        "errors": errors[:60].tolist(),
        "places": places[:60].tolist(),
        "letters seen": [letters.index(letter) for letter in text[1:61]],
    }


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "counts": counts,
    "language": language,
    "clipping": clipping,
    "echo": echo,
    "xor": xor,
    "words": words,
}
