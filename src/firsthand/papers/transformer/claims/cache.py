"""A whole translation written with keys and values kept, and with everything read again for each token."""

from functools import partial

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.timing import milliseconds, power, timed
from firsthand.figures.curves import Runs
from firsthand.figures.style import plain
from firsthand.papers.transformer.model import Transformer, shifted
from firsthand.papers.transformer.recipe import PRESETS

LENGTHS = (16, 32, 64)
BEAM = 4


@torch.no_grad()
def cache(keep: bool = True, seed: int = 0) -> Outcome:
    """CPU milliseconds to write four translations of 16, 32 and 64 tokens step by step, as a beam does.

    Args:
        keep: whether keys and values of earlier tokens are kept.
        seed: of the weights and the tokens.
    """
    torch.manual_seed(seed)
    network = Transformer(PRESETS["laptop"].model).eval()
    source, target = (torch.randint(4, 1000, (BEAM, max(LENGTHS))) for _ in range(2))
    memory, tokens = network.encode(source), shifted(target)

    def write(length: int) -> torch.Tensor:
        past, last = None, []
        for place in range(length):
            read = tokens[:, place : place + 1] if keep else tokens[:, : place + 1]
            logits, kept = network.decode(read, memory, past)
            past = kept if keep else None
            last.append(logits[:, -1])
        return torch.stack(last, 1)

    whole = network(source, target)
    times = [timed(partial(write, length)) for length in LENGTHS]
    found = {f"ms {length}": ms for length, ms in zip(LENGTHS, times, strict=True)}
    apart = ((write(max(LENGTHS)) - whole).abs().max() / whole.abs().max()).item()
    return found | {"power": power(LENGTHS, times), "apart": apart, "times": times}


LAST = Measure("ms 64", "CPU milliseconds for 64 tokens", digits=1)
POWER = Measure("power", "power of the length", digits=2)
APART = Measure("apart", "largest difference from one pass, relative (10⁻⁶)", 1e6, 2)
KEPT = Arm("kept", experiment=cache)
AGAIN = Arm("made again", experiment=cache, overrides={"keep": False})


def figure(seen: Runs) -> Figure:
    """Milliseconds against the number of tokens, a dot a seed."""
    figure = milliseconds(seen, LENGTHS, "tokens written", "The time of a translation")
    plain(figure.axes[0].yaxis)
    return figure


CLAIM = Claim(
    key="cache",
    kind="our question",
    statement="Keys and values of what is written never change: kept, they make writing faster and nothing else.",
    where="our own question; the mask of section 3.2.3 makes it so",
    measures=(Measure("ms 16", "CPU milliseconds for 16 tokens", digits=1), LAST, POWER, APART),
    arms=(KEPT, AGAIN),
    conditions=(
        2 * LAST.of(KEPT) <= LAST.of(AGAIN),
        *limit_from("theory", (APART.of(KEPT, AGAIN) <= 10).saying("the same but for the rounding of float32")),
        POWER.of(KEPT) < POWER.of(AGAIN),
    ),
    remark="The laptop's network with first weights and 1,000 tokens, four translations at a time; milliseconds are "
    "CPU time of one thread, without the search itself.",
    figure=figure,
)
