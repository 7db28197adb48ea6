"""One more token, with the keys and values of earlier ones kept or made again."""

from functools import partial

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.timing import milliseconds, power, timed
from firsthand.papers.selfattention.model import Config, SelfAttentionNetwork

PLACES = (64, 128, 256, 512)


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
        _, kept = network.advance(tokens[:, : place - 1])
        read = (tokens[:, place - 1 : place], kept) if keep else (tokens[:, :place],)
        whole, last = (logits[:, -1] for logits in (network(tokens[:, :place]), network.advance(*read)[0]))
        apart = max(apart, ((last - whole).abs().max() / whole.abs().max()).item())
        times.append(timed(partial(network.advance, *read)))
    found = {f"ms {place}": ms for place, ms in zip(PLACES, times, strict=True)}
    return found | {"power": power(PLACES, times), "apart": apart, "times": times}


LAST = Measure("ms 512", "milliseconds for token 512", digits=2)
POWER = Measure("power", "power of the length", digits=2)
APART = Measure("apart", "largest difference from the whole pass", digits=7)
KEPT = Arm("kept", experiment=cache)
AGAIN = Arm("made again", experiment=cache, overrides={"keep": False})


CLAIM = Claim(
    key="cache",
    kind="our question",
    statement="Keys and values of earlier tokens never change: kept, they make writing faster and nothing else.",
    where="our own question; the mask of section 3.2.3 makes it so",
    measures=(Measure("ms 64", "milliseconds for token 64", digits=2), LAST, POWER, APART),
    arms=(KEPT, AGAIN),
    conditions=(
        5 * LAST.of(KEPT) <= LAST.of(AGAIN),
        (APART.of(KEPT, AGAIN) <= 1e-5).saying("the same but for the rounding of float32"),
        POWER.of(AGAIN) >= 0.7,
        POWER.of(KEPT) <= 0.3,
    ),
    remark="Four blocks of width 128 with first weights; milliseconds are CPU time of one thread.",
    figure=partial(milliseconds, sizes=PLACES, along="tokens written so far", title="The time of one more token"),
)
