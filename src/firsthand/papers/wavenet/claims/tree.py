"""makemore's tree, slid over a word, beside its weights as dilated convolutions."""

from functools import partial

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.timing import timed
from firsthand.figures.curves import Runs, log_ticks, metric
from firsthand.figures.style import BLUE, RED, subplots
from firsthand.papers.wavenet.hierarchy import HierarchicalNetwork


@torch.no_grad()
def tree(length: int = 8, seed: int = 0) -> Outcome:
    """The tree of 8 characters at every position of a word, beside its weights as convolutions with dilations 1, 2, 4.

    Args:
        length: characters of the word.
        seed: of weights, statistics of batch norm, and words.
    """
    torch.manual_seed(seed)
    network = HierarchicalNetwork()
    network(torch.randint(27, (1000, 8)))  # gives batch norm statistics
    network.eval()
    words = torch.randint(27, (1, length))
    windows = torch.cat([words.new_zeros(1, 7), words], 1).unfold(1, 8, 1)[0]  # what the tree sees at each position
    difference = (network(windows) - network.as_convolutions(words)[0]).abs().max().item()
    return {
        "difference": difference,
        "tree": 7 * length,
        "stack": (length + 6) + (length + 4) + length,
        "faster": timed(partial(network, windows)) / timed(partial(network.as_convolutions, words)),
    }


DIFFERENCE = Measure("difference", "largest difference of any logit", digits=9)
TREE = Measure("tree", "fusions of the tree", digits=0)
STACK = Measure("stack", "fusions of the convolutions", digits=0)
LENGTHS = (8, 64, 512)
ARMS = tuple(Arm(f"{n} characters", experiment=tree, overrides={"length": n}) for n in LENGTHS)


def figure(seen: Runs) -> Figure:
    """Fusions against the characters of a word, and how many times as fast the convolutions are."""
    figure, left, right = subplots(9.5, 3.6, 2)
    for measure, colour in ((TREE, RED), (STACK, BLUE)):
        fusions = [metric(runs, measure.name)[0] for runs in seen.values()]
        left.plot(LENGTHS, fusions, "o-", color=colour, label=measure.label)
    right.plot(LENGTHS, [metric(runs, "faster") for runs in seen.values()], "o", color=BLUE, alpha=0.6)
    left.set(ylabel="fusions", ylim=(10, 5000), title="Fusions of a word")
    right.set(ylabel="time of the tree / of the convolutions", ylim=(0, None), title="Processor time, every seed")
    log_ticks(left, (10, 100, 1000))
    for axes in (left, right):
        axes.set_xlabel("characters of the word")
        log_ticks(axes, LENGTHS, "x")
    left.legend()
    return figure


CLAIM = Claim(
    key="tree",
    kind="identity",
    statement="The tree is a stack of dilated convolutions of which only the last position is computed.",
    where="makemore part 5, the end of the lecture",
    measures=(DIFFERENCE, TREE, STACK, Measure("faster", "times as fast", digits=2)),
    arms=ARMS,
    conditions=limit_from(
        "theory",
        (DIFFERENCE.of(*ARMS) < 1e-5).saying("the same to rounding"),
        STACK.of(*ARMS) < TREE.of(*ARMS),
        2 * STACK.of(ARMS[1]) < TREE.of(ARMS[1]),
    ),
    remark="The convolutions begin with seven end tokens before the word, which the tree's windows hold as well. "
    "How much faster they are depends on the word: for a short one nearly all of the time is overhead.",
    figure=figure,
)
