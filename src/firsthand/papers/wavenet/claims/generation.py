"""What a sample costs while sound is written, with queues and without."""

from math import log2
from time import process_time
from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, within
from firsthand.figures.curves import Runs, arms
from firsthand.figures.style import INK, MUTED, subplots
from firsthand.papers.wavenet.model import Config, WaveNet

NETWORK = Config(layers=10)


@torch.no_grad()
def generation(
    method: Literal["queues", "receptive field", "everything"] = "queues", samples: int = 2048, seed: int = 0
) -> Outcome:
    """Processor seconds to write sound with one block (1, 2, ..., 512), and how they grow with its length.

    Args:
        method: what is computed for each new sample: one step with the queues of past inputs, the receptive field
            again, or everything so far again.
        samples: how many are written; always the likeliest.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    network = WaveNet(NETWORK).eval()
    most = {"queues": 1, "receptive field": network.receptive_field, "everything": samples}[method]
    seen, state = torch.tensor([[128]]), None
    logits, times, part = [], [0.0], samples // 32
    started = process_time()
    for number in range(1, samples + 1):
        found, queues = network.advance(seen[:, -most:], state)
        state = queues if method == "queues" else None
        logits.append(found[:, -1])
        seen = torch.cat([seen, logits[-1].argmax(1, keepdim=True)], 1)
        if number % part == 0:
            times.append(process_time() - started)
    at_once = network(seen[:, :-1])
    return {
        "difference": (torch.stack(logits, 1) - at_once).abs().max().item(),
        "rate": samples / times[-1],
        "exponent": log2(times[-1] / times[len(times) // 2]),
        "last": part / (times[-1] - times[-2]),
        "times": times,
        "samples": [part * i for i in range(len(times))],
    }


DIFFERENCE = Measure("difference", "largest difference from all at once", digits=9)
EXPONENT = Measure("exponent", "exponent of time in samples", digits=2)
LAST = Measure("last", "samples a second in the end", digits=0)
ARMS = QUEUES, FIELD, EVERYTHING = tuple(
    Arm(method, experiment=generation, overrides={"method": method})
    for method in ("queues", "receptive field", "everything")
)


def figure(seen: Runs) -> Figure:
    """Seconds against samples written, a line a seed."""
    figure, axes = subplots(8, 4.2)
    arms(axes, seen, "times", "samples")
    axes.axvline(NETWORK.receptive_field, color=MUTED, ls="--", lw=1)
    axes.text(NETWORK.receptive_field + 15, 0, "receptive field", color=INK, fontsize=8.5)
    axes.set(xlabel="samples written", ylabel="processor seconds", xlim=(0, None), title="Time to write a sound")
    axes.legend(title="computed for each sample", alignment="left")
    return figure


CLAIM = Claim(
    key="generation",
    kind="our question",
    statement="Sampling is sequential, but with queues of past inputs its cost does not grow with the sound.",
    where="sec. 2.1, and the queues of Le Paine et al. (2016)",
    measures=(DIFFERENCE, EXPONENT, LAST),
    arms=ARMS,
    conditions=(
        within(EXPONENT.of(QUEUES), 1, by=0.1),
        (DIFFERENCE.of(*ARMS) < 1e-5).saying("every way gives the logits of one pass over all"),
        EXPONENT.of(EVERYTHING) > 1.3,
        LAST.of(QUEUES) >= 2 * LAST.of(FIELD),
    ),
    timed=True,
    remark="One block of dilations 1 to 512; the exponent is log2 of the time for all samples over that for half "
    "of them. The queues are of a later paper.",
    figure=figure,
)
