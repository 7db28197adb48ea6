"""The training loop against closed forms: one weight, a squared error, and arithmetic that fits on a napkin."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from torch.nn import Module, Parameter

import firsthand
from firsthand.errors import UserError
from firsthand.figures.training import loss_curve
from firsthand.optim import SCHEDULES
from firsthand.train import checkpoint, figures
from firsthand.train.engine import fit
from firsthand.train.folder import RunFolder
from firsthand.train.launch import Launch, begin, fabric_for, log_to
from firsthand.train.progress import Silent
from firsthand.train.recipe import Optim, Recipe, Schedule
from firsthand.train.task import Examples, Task


class Weights(Module):
    """y = w x, where w starts at 0."""

    def __init__(self, features: int):
        super().__init__()
        self.w = Parameter(torch.zeros(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.w


class Fit(Task):
    """Squared error; the training set wants w = 1, the validation set w = 0.5, so that its loss falls and rises."""

    def __init__(self, recipe: Recipe, inputs: torch.Tensor | None = None, targets: torch.Tensor | None = None):
        super().__init__(recipe)
        ones = torch.ones(8, 1)
        self.train = Examples(ones if inputs is None else inputs, torch.ones(8) if targets is None else targets)
        self.val = Examples(ones, torch.full((8,), 0.5))
        self.seen: list[list[int]] = []
        gather = self.train.batch
        self.train.batch = lambda indices: self.seen.append(indices.tolist()) or gather(indices)

    def model(self) -> Module:
        return Weights(self.train.inputs.shape[1])

    def scores(self, model, batch):
        return {"loss": (model(batch[0]) - batch[1]) ** 2}


# With x = 1 a step of gradient descent is w <- w + 2 lr (1 - w), so that w = 1 - 0.9^t after t steps of lr 0.05.
DESCENT = Recipe(steps=30, batch=8, optim=Optim("sgd", lr=0.05), log_every=1, eval_every=1, checkpoint_every=7)


def w(steps: int) -> float:
    return 1 - 0.9**steps


@dataclass
class Outcome:
    task: Fit
    folder: RunFolder
    result: dict[str, Any]
    fabric: Any

    def rows(self, name: str) -> list[Any]:
        return [row[name] for row in self.folder.metrics if name in row]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """run(recipe) trains `Fit`, without figures."""
    monkeypatch.setattr(figures, "draw", lambda *_: None)

    def start(recipe: Recipe, name: str = "run", task: Any = None, **launch: Any) -> Outcome:
        task = task or Fit(recipe)
        folder = RunFolder(tmp_path / name)
        folder.create({"paper": "fit", "preset": "none", "data": "none"})
        fabric = fabric_for(Launch(**({"device": "cpu"} | launch)))
        begin(fabric)
        if launch.get("tensorboard"):
            log_to(fabric, folder.path)
        return Outcome(task, folder, fit(task, folder, Silent(), fabric), fabric)

    return start


def strict(text: str) -> Any:
    """JSON as the standard has it, without NaN and Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_gradient_descent_to_the_letter(run):
    """Losses, validation losses and the last weights follow the closed form; float32 rounds at 1e-7."""
    done = run(replace(DESCENT, keep="last"))
    assert done.rows("loss") == pytest.approx([(1 - w(t)) ** 2 for t in range(30)], rel=1e-5)
    assert done.rows("val_loss") == pytest.approx([(w(t) - 0.5) ** 2 for t in range(1, 31)], rel=1e-5, abs=1e-9)
    assert done.result["weights"] == "last, step 30"
    assert done.result["stopped"] == "after its last step"
    assert done.result["metrics"] == pytest.approx(
        {"train_loss": (1 - w(30)) ** 2, "val_loss": (w(30) - 0.5) ** 2}, rel=1e-5
    )


def test_logged_losses_are_means(run):
    """A row's loss is the mean over the steps since the row before, the last row's over what is left."""
    done = run(replace(DESCENT, log_every=7, eval_every=12))
    losses = [(1 - w(t)) ** 2 for t in range(30)]
    spans = [range(0, 7), range(7, 14), range(14, 21), range(21, 28), range(28, 30)]
    assert done.rows("loss") == pytest.approx([sum(losses[t] for t in span) / len(span) for span in spans], rel=1e-5)
    assert [row["step"] for row in done.folder.metrics if "loss" in row] == [7, 14, 21, 28, 30]
    assert [row["step"] for row in done.folder.metrics if "val_loss" in row] == [12, 24, 30]


def test_keep_best(run):
    """0.9^t is nearest to 0.5 at t = 7: those weights are scored and kept."""
    done = run(DESCENT)
    assert done.result["weights"] == "best validation loss, step 7"
    assert done.result["steps"] == 30
    assert done.result["metrics"] == pytest.approx(
        {"train_loss": (1 - w(7)) ** 2, "val_loss": (w(7) - 0.5) ** 2}, rel=1e-5
    )
    best, content = checkpoint.newest(done.folder.checkpoints, "best")
    assert best["model.w"].item() == pytest.approx(w(7), rel=1e-6)
    assert content["step"] == 7
    assert [path.name for path in sorted(done.folder.checkpoints.glob("best-*"))] == [
        "best-00000007.json", "best-00000007.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("every", "patience", "best", "last"), [(1, 1, 7, 8), (1, 3, 7, 10), (3, 2, 6, 12), (1, 99, 7, 30)]
)
def test_early_stopping(run, every, patience, best, last):
    """`patience` evaluations without a better one end the run; the best weights count."""
    done = run(replace(DESCENT, eval_every=every, patience=patience))
    assert done.result["steps"] == last
    assert done.result["weights"] == f"best validation loss, step {best}"
    assert done.result["metrics"]["val_loss"] == pytest.approx((w(best) - 0.5) ** 2, rel=1e-4)
    stopped = f"no better validation loss for {patience} evaluations" if last < 30 else "after its last step"
    assert done.result["stopped"] == stopped
    assert checkpoint.newest(done.folder.checkpoints, "step")[1]["step"] == last


def test_patience_begins_anew_with_every_better_one(run):
    """Worse evaluations count from the best so far, not from the start."""
    losses = [9.0, 5.0, 6.0, 4.0, 5.0, 4.0, 1.0]  # by step; step 6 is not reached

    class Scripted(Fit):
        def scores(self, model, batch):
            score = super().scores(model, batch)["loss"]
            steps = round(math.log(1 - model.w.item()) / math.log(0.9))
            return {"loss": score if model.training else torch.full_like(score, losses[steps])}

    recipe = replace(DESCENT, patience=2)
    done = run(recipe, task=Scripted(recipe))
    assert done.rows("val_loss") == losses[1:6]
    assert done.result["weights"] == "best validation loss, step 3"


def test_without_a_validation_set(run):
    """Nothing is evaluated and the last weights count, whatever `keep` says."""
    task = Fit(DESCENT)
    task.val = None
    done = run(DESCENT, task=task)
    assert done.rows("val_loss") == []
    assert done.result["weights"] == "last, step 30"
    assert list(done.result["metrics"]) == ["train_loss"]


def test_clipping_bounds_the_norm_of_the_whole_gradient(run):
    """Two weights with the gradient (-6, -8) of norm 10: clipped to 1 the step is (0.6, 0.8)."""
    recipe = replace(DESCENT, steps=1, optim=Optim("sgd", lr=1.0), keep="last", batch=2)
    inputs = torch.tensor([[3.0, 4.0], [3.0, 4.0]])

    def step(clip: float | None, name: str) -> list[float]:
        task = Fit(clipped := replace(recipe, clip=clip), inputs, torch.ones(2))
        task.val = None
        done = run(clipped, name, task)
        return checkpoint.newest(done.folder.checkpoints, "step")[0]["model.w"].tolist()

    assert step(None, "free") == [6.0, 8.0]
    assert step(1.0, "clipped") == pytest.approx([0.6, 0.8], rel=1e-6)  # torch adds 1e-6 to the norm
    assert step(100.0, "loose") == [6.0, 8.0]


def test_clipping_by_value_bounds_every_element(run):
    """The gradient (-6, -8) becomes (-6, -7): it turns. The norm is measured after that."""
    recipe = replace(DESCENT, steps=1, optim=Optim("sgd", lr=1.0), keep="last", batch=2)

    def step(name: str, **clips: float) -> list[float]:
        task = Fit(clipped := replace(recipe, **clips), torch.tensor([[3.0, 4.0], [3.0, 4.0]]), torch.ones(2))
        task.val = None
        done = run(clipped, name, task)
        return checkpoint.newest(done.folder.checkpoints, "step")[0]["model.w"].tolist()

    assert step("elements", clip_value=7.0) == [6.0, 7.0]
    assert step("both", clip_value=6.0, clip=1.0) == pytest.approx([0.5**0.5, 0.5**0.5], rel=1e-6)


class Matrix(Module):
    """y = W x + b for two units, W and b starting at 0."""

    def __init__(self):
        super().__init__()
        self.w, self.b = Parameter(torch.zeros(2, 3)), Parameter(torch.zeros(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x @ self.w.T + self.b).sum(1)


def test_max_norm_bounds_every_unit_but_no_bias(run):
    """Without it both would pass 0.3; with it W's rows stand at 0.3 after every step and the bias goes its own way."""

    class Units(Fit):
        def model(self) -> Module:
            return Matrix()

    def last(name: str, max_norm: float | None) -> dict[str, torch.Tensor]:
        recipe = replace(DESCENT, max_norm=max_norm, keep="last", batch=8)
        task = Units(recipe, torch.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]], torch.full((8,), 4.0))
        task.val = None
        return checkpoint.newest(run(recipe, name, task).folder.checkpoints, "step")[0]

    free, bound = last("free", None), last("bound", 0.3)
    assert free["model.w"].norm(dim=1).min() > 0.5
    assert bound["model.w"].norm(dim=1).tolist() == pytest.approx([0.3, 0.3], rel=1e-5)
    assert bound["model.b"].min() > 0.5


@pytest.mark.parametrize("average", ["polyak", "exponential"])
@pytest.mark.parametrize("keep", ["last", "best"])
def test_the_average_is_what_counts(run, average, keep):
    """Scores are those of the mean of w_1 .. w_t, or of the fading one, which weighs w_k by 0.8^(t - k)."""
    recipe = replace(DESCENT, average=average, average_decay=0.8 if average == "exponential" else None, keep=keep)
    done = run(recipe)
    decay = 0.8 if average == "exponential" else 1.0

    def mean(t: int) -> float:
        shares = [decay ** (t - k) for k in range(1, t + 1)]
        return sum(share * w(k) for k, share in enumerate(shares, 1)) / sum(shares)

    losses = [(mean(t) - 0.5) ** 2 for t in range(1, 31)]
    assert done.rows("val_loss") == pytest.approx(losses, rel=1e-4, abs=1e-9)
    assert done.rows("loss") == pytest.approx([(1 - w(t)) ** 2 for t in range(30)], rel=1e-5)  # it trains as before
    best = min(range(1, 31), key=lambda t: losses[t - 1])
    counted = best if keep == "best" else 30
    assert done.result["metrics"]["train_loss"] == pytest.approx((1 - mean(counted)) ** 2, rel=1e-4)
    assert done.result["weights"].endswith(f"step {counted}, averaged")
    saved, _ = checkpoint.newest(done.folder.checkpoints, "best" if keep == "best" else "step")
    assert checkpoint.weights(saved)["w"].item() == pytest.approx(mean(counted), rel=1e-5)
    assert ("average.module.w" in saved) == (keep == "last")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clip_value": 0.0}, "clip_value must be above 0, got 0.0."),
        ({"clip": -1.0}, "clip must be above 0, got -1.0."),
        ({"max_norm": 0.0}, "max_norm must be above 0, got 0.0."),
        ({"average_decay": 0.9}, "average_decay acts on average 'exponential' only, not on None."),
        ({"average": "polyak", "average_decay": 0.9}, "acts on average 'exponential' only, not on 'polyak'."),
        ({"average": "exponential", "average_decay": 1.0}, "average_decay must be below 1, got 1.0."),
    ],
)
def test_steps_that_make_no_sense(changes, sentence):
    with pytest.raises(UserError) as error:
        Recipe(**changes)
    assert sentence in str(error.value)


@pytest.mark.parametrize("order", ["shuffle", "replacement", "constant"])
def test_orders(run, order):
    """Eight examples in batches of three: what each pass over them holds."""
    done = run(recipe := replace(DESCENT, steps=9, batch=3, order=order), task=Fit(recipe))
    steps = done.task.seen[:9]  # later ones are of the final scores
    assert [len(batch) for batch in steps] == ([3] * 9 if order == "replacement" else [3, 3, 2] * 3)
    passes = [[i for batch in steps[first : first + 3] for i in batch] for first in (0, 3, 6)]
    if order == "replacement":
        assert any(len(set(one)) < 8 for one in passes)  # nine draws of eight
    else:
        assert all(sorted(one) == list(range(8)) for one in passes)
    assert (passes[0] == passes[1] == passes[2]) == (order == "constant")


@pytest.fixture
def doubles():
    """Fabric gives a network's outputs back in torch's default type, so that 64-true alone makes float32 losses."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("batch", [16, 12])
def test_micro_batches_change_nothing_but_rounding(train, batch, doubles):
    """Three or four micro-batches a step, a short last batch: the trajectory of whole batches, to 1e-12 in float64."""
    changes = {
        "model.batch_norm": "none",
        "batch": batch,
        "steps": 150,
        "log_every": 1,
        "eval_every": 50,
        "keep": "last",
    }
    whole = train("whole", changes, precision="64-true")
    assert len(whole.recipe.task(whole.recipe).train) % batch, "the last batch should be short"
    for parts in (2, 4):
        split = train(f"split-{parts}", changes | {"accumulate": parts}, precision="64-true")
        for ours, theirs in zip(split.metrics, whole.metrics, strict=True):
            assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_the_rate_follows_the_schedule(run, name):
    """The logged rate is the base rate times the schedule's factor; the first step is step 0."""
    options = {"step": {"drops": (10, 20)}, "inverse-sqrt": {"warmup": 7}, "plateau": {"patience": 30}}.get(name, {})
    done = run(replace(DESCENT, schedule=Schedule(name, **options), optim=Optim("sgd", lr=0.001)))
    factor = SCHEDULES[name](30, **options)
    assert done.rows("lr") == [0.001 * factor(step) for step in range(30)]


def test_the_rate_that_watches_the_validation_loss(run):
    """A falling training rate would stop w short of 1: the validation loss rises from step 8 on, so after 2 worse

    ones, at step 9, the rate is halved for step 10, and so on with every two more; patience counts as torch's does.
    """
    schedule = Schedule("plateau", factor=0.5, patience=1, threshold=0.0, floor=0.125)
    done = run(replace(DESCENT, schedule=schedule, keep="last"))
    reference = torch.optim.SGD([Parameter(torch.zeros(1))], lr=0.05)
    watch = torch.optim.lr_scheduler.ReduceLROnPlateau(
        reference, factor=0.5, patience=1, threshold=0.0, min_lr=0.05 * 0.125, eps=0
    )
    rates = []
    for loss in done.rows("val_loss"):
        rates.append(reference.param_groups[0]["lr"])
        watch.step(loss)
    assert done.rows("lr") == pytest.approx(rates, rel=1e-12)
    assert rates[8] == 0.05 and rates[9] == 0.025 and rates[-1] == 0.05 * 0.125


def test_the_rate_cannot_watch_what_is_not_there(run):
    recipe = replace(DESCENT, schedule=Schedule("plateau"))
    task = Fit(recipe)
    task.val = None
    with pytest.raises(UserError, match="'plateau' watches the validation loss, and there is no validation set"):
        run(recipe, task=task)


def test_range_test(run, monkeypatch):
    """The rate grows until the loss is twice the first one; the figure shows where."""
    monkeypatch.undo()
    recipe = replace(DESCENT, steps=200, batch=2, schedule=Schedule("range", low=1e-3, high=1e3), order="replacement")
    done = run(recipe, task=Fit(recipe, targets=torch.tensor([0.0, 2.0] * 4)))  # noise that keeps w from resting at 1
    assert done.result["stopped"].startswith("the loss diverged to ")
    losses = done.rows("loss")
    assert losses[-1] > 2 * losses[0] >= max(losses[:-1])
    assert (done.folder.figures / "range.png").stat().st_size > 1000


def test_divergence(run):
    """The run stops at the next row; every file is JSON by the standard, with null for what is no number."""
    recipe = replace(
        DESCENT, steps=10_000, optim=Optim("sgd", lr=1e30), log_every=5, eval_every=5, keep="last", diagnose_every=1
    )
    done = run(recipe)
    assert done.result["steps"] == 5
    assert done.result["stopped"] in ("the loss diverged to nan by step 5", "the loss diverged to inf by step 5")
    texts = [path.read_text() for path in done.folder.path.rglob("*.json")]
    texts += [line for path in done.folder.path.glob("*.jsonl") for line in path.read_text().splitlines()]
    assert [strict(text) for text in texts]
    assert strict((done.folder.path / "result.json").read_text())["metrics"] == {"train_loss": None, "val_loss": None}
    assert done.rows("loss") == [None]


def test_a_validation_loss_that_is_no_number(run):
    """The first NaN must not pass for the best loss of all: a later number is better."""

    class Holes(Fit):
        def scores(self, model, batch):
            score = super().scores(model, batch)["loss"]
            hole = not model.training and model.w < 0.2
            return {"loss": score * math.nan if hole else score}

    done = run(DESCENT, task=Holes(DESCENT))
    assert done.rows("val_loss")[0] is None
    assert done.result["weights"] == "best validation loss, step 7"


def test_a_network_that_diverged(train, capsys):
    """With the figures and the records of health of a real network; using it is refused in one sentence."""
    changes = {"optim.name": "sgd", "optim.weight_decay": 1.0, "optim.lr": 1e30, "model.batch_norm": "none"}
    run = train("run", changes | {"keep": "last", "diagnose_every": 1, "log_every": 7, "schedule.name": "constant"})
    assert run.result["steps"] == 7
    assert run.result["metrics"] == {"train_loss": None, "val_loss": None, "test_loss": None}
    assert sorted(path.stem for path in run.folder.figures.glob("*.png")) == [
        "activations",
        "gradients",
        "health",
        "loss",
    ]
    with pytest.raises(UserError, match="diverged"):
        run.sample(3)
    from firsthand.commands.training import report

    report(run, as_json=False)
    assert "loss diverged" in capsys.readouterr().out


def test_a_range_test_that_diverges_at_once(train):
    """There is nothing to draw, which is no reason to fail."""
    changes = {"optim.name": "sgd", "optim.weight_decay": None, "schedule.name": "range", "model.batch_norm": "none"}
    run = train("run", changes | {"optim.lr": 1e30, "schedule.low": 1.0, "log_every": 3})
    assert run.result["stopped"].startswith("the loss diverged")


def test_l2_decay_acts_on_matrices_only(run):
    """A weight vector of one axis, a bias or a gain, is not decayed; with a matrix it is, and only it."""
    done = run(replace(DESCENT, optim=Optim("sgd", lr=0.05, weight_decay=0.5), keep="last"))
    assert done.rows("loss") == pytest.approx([(1 - w(t)) ** 2 for t in range(30)], rel=1e-5)
    network = torch.nn.Module()
    network.matrix, network.vector = Parameter(torch.ones(2, 2)), Parameter(torch.ones(2))
    groups = done.task.optimizer(network).param_groups
    assert [(group["weight_decay"], group["params"]) for group in groups] == [
        (0.5, [network.matrix]),
        (0.0, [network.vector]),
    ]


@pytest.mark.parametrize("precision", ["64-true", "bf16-mixed", "bf16-true"])
def test_precisions(run, precision):
    """The task's float inputs meet the network's precision while training and in every evaluation; bf16 has 8 bits."""
    done = run(replace(DESCENT, keep="last"), precision=precision)
    tolerance = 1e-6 if precision == "64-true" else 0.1  # losses are float32, see `doubles`
    assert done.result["metrics"]["val_loss"] == pytest.approx((w(30) - 0.5) ** 2, rel=tolerance)
    assert done.rows("loss")[3] == pytest.approx((1 - w(3)) ** 2, rel=tolerance)


@pytest.mark.usefixtures("without_figures")
def test_the_seed_decides_every_bit(train):
    """Equal seeds, equal bytes; another seed, other weights and another order."""
    changes = {"model.dropout": 0.2, "diagnose_every": 10}
    first, second, third = train("first", changes), train("second", changes), train("third", changes | {"seed": 1})
    for name in ("metrics.jsonl", "diagnostics.jsonl"):
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()
        assert (first.path / name).read_bytes() != (third.path / name).read_bytes()
    assert first.result["metrics"] == second.result["metrics"] != third.result["metrics"]


@pytest.mark.usefixtures("without_figures")
def test_the_probe_disturbs_nothing(train):
    """Weights, rows and scores are the same bits with and without it, also with dropout and micro-batches."""
    changes = {"model.dropout": 0.2, "model.batch_norm": "hidden", "accumulate": 2}
    without, watched = train("without", changes), train("watched", changes | {"diagnose_every": 1})
    assert (without.path / "metrics.jsonl").read_bytes() == (watched.path / "metrics.jsonl").read_bytes()
    for name, weight in without.model.state_dict().items():
        assert torch.equal(weight, watched.model.state_dict()[name]), name
    assert without.result["metrics"] == watched.result["metrics"]


def test_result_json(train, lines_file):
    """It holds what programs rely on, and its scores are those of an independent evaluation of the trained network."""
    run = train("run", {"seed": 3})
    result = json.loads((run.path / "result.json").read_text())
    assert {name: result[name] for name in ("paper", "preset", "data", "seed", "steps")} == {
        "paper": "mlp", "preset": "laptop", "data": str(lines_file), "seed": 3, "steps": 40,
    }  # fmt: skip
    assert result["params"] == sum(p.numel() for p in run.model.parameters())
    assert 0 < result["seconds"] < 60
    task = run.recipe.task(run.recipe)
    for split in ("train", "val", "test"):
        examples = getattr(task, split)
        with torch.no_grad():
            logits = run.model(examples.inputs).double()
        truth = torch.nn.functional.cross_entropy(logits, examples.targets).item()
        assert result["metrics"][f"{split}_loss"] == pytest.approx(truth, rel=1e-6)  # float32 logits


def test_what_a_machine_lacks():
    """One sentence, not a traceback."""
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="no CUDA device"):
            fabric_for(Launch(device="cuda"))
    if not torch.backends.mps.is_available():
        with pytest.raises(UserError, match="no Apple GPU"):
            fabric_for(Launch(device="mps"))
    for devices in (0, -1, 300, 2**63 - 1):
        with pytest.raises(UserError, match=f"devices is {devices}: choose from 1 to"):
            fabric_for(Launch(device="cpu", devices=devices))
    with pytest.raises(UserError, match="Fabric cannot start with these options"):
        fabric_for(Launch(device="cpu", strategy="nonsense"))
    with pytest.raises(UserError, match="Fabric cannot start with these options"):
        fabric_for(Launch(device="cpu", strategy="deepspeed"))


def test_threads(train):
    """The number of CPU threads is set as the recipe says, and written down."""
    before = torch.get_num_threads()
    try:
        run = train("run", {"threads": 2, "steps": 1})
        assert torch.get_num_threads() == 2
        assert run.config["machine"]["threads"] == 2
    finally:
        torch.set_num_threads(before)


def test_tensorboard(run):
    """Event files hold the rows of metrics.jsonl to the last one as soon as the run is over, also if it was stopped."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    done = run(replace(DESCENT, eval_every=10, patience=1), tensorboard=True)
    assert done.fabric.loggers  # still alive: what is in its memory does not count
    events = accumulator.EventAccumulator(str(done.folder.path / "tensorboard"))
    events.Reload()
    for name in ("loss", "val_loss", "lr"):
        expected = [(row["step"], row[name]) for row in done.folder.metrics if name in row]
        assert [(event.step, event.value) for event in events.Scalars(name)] == [
            (step, pytest.approx(value, rel=1e-6)) for step, value in expected
        ]


def test_too_little_data(train, tmp_path):
    """A file of a few lines cannot be split: said before anything is made."""
    (tmp_path / "few.txt").write_text("ab\ncd\n")
    with pytest.raises(UserError, match="lines"):
        train("run", {"data": str(tmp_path / "few.txt")})
    assert not (tmp_path / "run").exists()


def test_sizes_that_make_no_sense():
    """Each is named with its value."""
    for changes in ({"steps": 0}, {"batch": 0}, {"log_every": 0}, {"eval_every": -1}, {"checkpoint_every": 0}):
        name, value = next(iter(changes.items()))
        with pytest.raises(UserError, match=f"{name} must be at least 1, got {value}"):
            firsthand.train("mlp", progress=False, **changes)
    with pytest.raises(UserError, match=r"batch \(16\) must be divisible by accumulate \(5\)"):
        Recipe(batch=16, accumulate=5)


def test_numbers_too_small_for_the_cpu_are_zero_while_it_trains_only(run):
    """Denormals make LeNet-5's steps four times slower; outside of training a user's own arithmetic keeps them."""
    seen = []

    class Watch(Fit):
        def loss(self, model, batch):
            seen.append((torch.full((8,), 1e-40) * 0.5).sum().item())
            return super().loss(model, batch)

    recipe = Recipe(steps=1, batch=8)
    run(recipe, task=Watch(recipe))
    assert seen == [0.0]
    assert (torch.full((8,), 1e-40) * 0.5).sum().item() > 0


def test_a_figure_that_fails_costs_nothing_else(train, monkeypatch, capsys):
    """The result is written first; the other figures are drawn, and the one that failed is named."""

    def broken(*_):
        yield "health", Figure()
        raise ValueError("no such font")

    monkeypatch.setattr(figures, "health", broken)
    run = train("run", {"diagnose_every": 20})
    assert run.result["steps"] == 40
    assert {path.stem for path in run.folder.figures.iterdir()} == {"health", "loss"}
    said: list[str] = []
    figures.draw(run.recipe.task(run.recipe), run.folder, run.model, said.append)
    assert said == ["A figure could not be drawn (after health): ValueError: no such font"]


def test_killed_before_its_figures(train, monkeypatch, tmp_path):
    """The result is there, and the figures are drawn when the finished run is asked for again."""

    def kill(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(figures, "draw", kill)
        with pytest.raises(KeyboardInterrupt):
            train("run")
    run = firsthand.load(tmp_path / "run")
    assert run.result["steps"] == 40 and not run.folder.figures.exists()
    firsthand.resume(run.path, progress=False)
    assert (run.folder.figures / "loss.png").stat().st_size > 1000


@pytest.mark.usefixtures("without_figures")
def test_what_a_run_would_be_refused_for_is_tried_first(train, tmp_path):
    """A batch norm cannot train on a micro-batch of one, be it only the last of an epoch: no folder is left behind."""
    with pytest.raises(UserError, match="trains on two examples or more"):
        train("run", {"batch": 8, "accumulate": 8})
    assert list(tmp_path.iterdir()) == []


def test_numbers_on_the_axis_of_a_loss_curve():
    """As people write them, also where the axis is logarithmic."""
    figure = loss_curve([{"step": step, "loss": loss} for step, loss in enumerate((4.0, 2.0, 1.0, 0.25), 1)], "loss")
    figure.canvas.draw()
    (axes,) = figure.axes
    shown = [label.get_text() for label in axes.get_yticklabels() if 0.2 < label.get_position()[1] < 4.5]
    assert axes.get_yscale() == "log" and shown == ["0.5", "1", "2"]
