"""Algorithm 2's exact averages over 1,000 batches beside the running averages of the layer that trains."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, subplots
from firsthand.papers.batchnorm.training import course

MOVING = Measure("moving", "test accuracy, running averages", digits=4)
EXACT = Measure("population", "test accuracy, averages over 1,000 batches", digits=4)
LONG = Arm("50,000 steps", experiment=course)
SHORT = Arm("5,000 steps, weights of 0.1", experiment=course, overrides={"std": 0.1, "steps": 5000})


def figure(seen: Runs) -> Figure:
    """Both accuracies of every run."""
    figure, axes = subplots(8, 2.4)
    names = [f"{arm}, {words}" for arm in seen for words in ("running", "exact")]
    for row, (runs, measure) in enumerate((runs, measure) for runs in seen.values() for measure in (MOVING, EXACT)):
        dots(axes, row, metric(runs, measure.name), BLUE)
    rows(axes, names)
    axes.set(xlabel="test accuracy", title="Statistics for inference: running averages and exact ones")
    return figure


CLAIM = Claim(
    key="statistics",
    kind="our question",
    statement="Running averages serve inference as well as the exact averages over many batches of algorithm 2.",
    where="sec. 3.1, algorithm 2",
    measures=(MOVING, EXACT),
    arms=(LONG, SHORT),
    conditions=limit_from("pilot", abs(MOVING.of(LONG, SHORT) - EXACT.of(LONG, SHORT)) <= 0.003),
    remark="The paper prescribes the exact ones and mentions running averages to follow the accuracy during training. "
    "Ours move by a tenth at every batch; the exact ones are of 1,000 batches of 60, which follow those of the "
    "training, with frozen parameters. In pilot runs they were 0.001 apart. One standard error of 10,000 test "
    "images at 98 % is 0.0014. After 50,000 steps the two agree with every seed; after 5,000, where the weights"
    " still move at a rate of 0.5, the running averages lag behind them and are worse by more than the limit "
    "with some seeds.",
    figure=figure,
)
