"""What every paper with a network must have and do; a new folder under papers/ is tested without a line of code."""

import ast
import dataclasses
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import ClassVar, get_args, get_origin, get_type_hints

import docstring_parser
import pytest
import torch

from firsthand import check, optim, papers
from firsthand.claims import Verdict
from firsthand.commands.experiment import form
from firsthand.errors import UserError
from firsthand.options import override, parse, words
from firsthand.papers import Paper
from firsthand.train.recipe import Recipe
from firsthand.train.task import Task

pytestmark = pytest.mark.parametrize("key", papers.networks())

FILES = ("__init__.py", "model.py", "recipe.py", "notes.md")
KINDS = ("loss", "error", "top5_error", "perplexity", "mixed", "single", "bleu")
SCORES = {f"{split}_{kind}" for split in ("train", "val", "test") for kind in KINDS}


def paper(key: str) -> Paper:
    return papers.get(key)


def twin(key: str) -> ModuleType:
    return import_module(f"firsthand.check.twins.{key}")


def batch(key: str, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The twin's batch, with floats in single precision."""
    inputs, targets = twin(key).Network.batch(size, torch.Generator().manual_seed(0))
    return inputs.float() if inputs.is_floating_point() else inputs, targets


def called(key: str, network: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """What the network gives for a batch: from its inputs, and where it is taught to write also from the targets."""
    recipe = paper(key).preset("laptop")
    return network(*recipe.task.without_data(recipe).given((inputs, targets)))


def test_files(key):
    """The folder holds what its readers look for, and the twin stands in check/."""
    missing = [name for name in FILES if not (paper(key).folder / name).is_file()]
    assert not missing
    assert find_spec(f"firsthand.papers.{key}.claims"), "there are no claims"
    assert find_spec(f"firsthand.check.twins.{key}"), "there is no twin to check the network against"


def test_exports(key):
    """Everything that the package offers can be had from it; an unknown name is an AttributeError."""
    package = paper(key).package
    for name in ("Config", "Recipe", "PRESETS", paper(key).card.network):
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no 'Nonsense'"):
        package.Nonsense  # noqa: B018


def test_the_model_is_short(key):
    """A reader's first impression: at most 150 lines."""
    assert len((paper(key).folder / "model.py").read_text(encoding="utf-8").splitlines()) <= 150


def test_config(key):
    """A frozen dataclass; every field says in a comment on its line what it means."""
    config = paper(key).module("model").Config
    assert dataclasses.is_dataclass(config) and config.__dataclass_params__.frozen
    source = (paper(key).folder / "model.py").read_text(encoding="utf-8")
    tree = next(node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "Config")
    fields = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    assert [node.target.id for node in fields] == [field.name for field in dataclasses.fields(config)]
    lines = source.splitlines()
    silent = [node.target.id for node in fields if "  # " not in lines[node.end_lineno - 1]]
    assert not silent


def test_presets(key):
    """`laptop` and `paper` at least; every one is a frozen recipe whose network can be made."""
    presets = paper(key).presets
    assert {"laptop", "paper"} <= set(presets)
    assert presets["laptop"].steps <= presets["paper"].steps
    for name, recipe in presets.items():
        assert isinstance(recipe, Recipe), name
        assert type(recipe).__dataclass_params__.frozen, name
        with torch.device("meta" if recipe.data.name == "imagenet" else "cpu"):  # those are large
            assert recipe.task.without_data(recipe).model() is not None, name


def test_every_number_has_bounds(key):
    """No recipe holds a number that is not finite or beyond all sense: whoever gives one is told which field it is."""

    def numbers(spec: object) -> Iterator[tuple[object, str, str]]:
        for name, kind in get_type_hints(type(spec)).items():
            value = getattr(spec, name)
            if dataclasses.is_dataclass(value):
                yield from numbers(value)
            elif re.search(r"\b(int|float)\b", str(kind)) and get_origin(kind) is not ClassVar:
                yield spec, name, str(kind)

    for recipe in paper(key).presets.values():
        for spec, name, kind in numbers(recipe):
            real = (float("nan"), float("inf"), -1e13, 1e31) if "float" in kind else (-(10**20), 10**30)
            for value in real:
                with pytest.raises(UserError, match=rf"{name} must be .*, got "):
                    dataclasses.replace(spec, **{name: (value, value) if "tuple" in kind else value})


def test_parameters(key):
    """As many trainable ones as the card says."""
    assert sum(p.numel() for p in paper(key).network().parameters() if p.requires_grad) == paper(key).card.parameters


def test_shapes(key):
    """From the card's example shape to its output shape, for any number of examples."""
    card, network = paper(key).card, paper(key).network().eval()
    for size in (1, 7):
        inputs, targets = batch(key, size)
        assert inputs.shape == (size, *card.example_shape)
        outputs = called(key, network, inputs, targets)
        assert outputs.shape == (size, *card.output_shape)
        assert outputs.isfinite().all()


def test_examples_do_not_see_each_other(key):
    """In evaluation mode an example's output is its own, whatever else is in the batch; 1e-5 is float32's rounding."""
    torch.manual_seed(0)
    network, (inputs, targets) = paper(key).network().eval(), batch(key, 5)
    together = called(key, network, inputs, targets)
    alone = torch.cat([called(key, network, inputs[i : i + 1], targets[i : i + 1]) for i in range(5)])
    assert torch.allclose(together, alone, rtol=1e-5, atol=1e-5)


def test_overfits_one_batch(key):
    """A network, loss and gradient that work overfit 16 distinct examples: a tenth of a guess's loss."""
    torch.manual_seed(0)
    recipe = paper(key).preset("laptop")
    task = recipe.task.without_data(recipe)
    network = task.model().train()
    inputs, targets = batch(key, 24)
    first = {tuple(x.flatten().tolist()): i for i, x in reversed(list(enumerate(inputs)))}
    chosen = sorted(first.values())[:16]
    assert len(chosen) == 16, "the twin's batch repeats its inputs"
    steps, lr = twin(key).Network.overfit
    rule = optim.Adam(network.parameters(), lr=lr)
    guess = twin(key).Network.guess or torch.tensor(paper(key).card.output_shape[-1]).log().item()
    for _ in range(steps):
        rule.zero_grad()
        loss = task.loss(network, (inputs[chosen], targets[chosen]))
        if loss.item() < guess / 10:
            break
        loss.backward()
        rule.step()
    assert loss.item() < guess / 10


def test_every_parameter_learns(key):
    """No part of the network is cut off from the loss; a second step sees past weights that start at 0."""
    torch.manual_seed(0)
    recipe = paper(key).preset("laptop")
    task = recipe.task.without_data(recipe)
    network = task.model().train()
    task.loss(network, batch(key, 32)).backward()
    if any(not p.any() for p in network.parameters() if p.ndim > 1):
        optim.SGD(network.parameters(), lr=0.1).step()
        task.loss(network, batch(key, 32)).backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not still


def test_the_loss_calls_the_network(key):
    """And takes none of its parts or weights by itself: several processes share only gradients of what they call."""
    recipe = paper(key).preset("laptop")
    task = recipe.task.without_data(recipe)
    network = task.model()

    class Shared(torch.nn.Module):
        def forward(self, *given, **options):
            return network(*given, **options)

        def __getattr__(self, name):
            found = getattr(network, name)
            assert not isinstance(found, torch.Tensor | torch.nn.Module), f"the loss looks at {name}"
            return found

    assert task.loss(Shared(), batch(key, 8)).isfinite()


def test_check(key):
    """The network equals its twin: outputs, loss, gradients, ten steps, evaluation."""
    rows = check.check(key)
    assert [row for row in rows if not row.holds] == []
    assert {row.precision for row in rows} >= {"float64", "float32"}
    assert {row.what for row in rows} >= {"outputs", "loss", "gradients", "weights after 10 steps"}


def test_a_trained_network_can_be_used(key):
    """The task writes or classifies; one that does neither draws what its network has learned."""
    recipe = paper(key).preset("laptop")
    task = recipe.task
    assert task.writes(recipe) or task.classifies or task.translates or task.figures is not Task.figures


def test_claims(key):
    """Three or more, each an experiment: something to compare, seeds, words for every condition."""
    claims = paper(key).claims
    assert len(claims) >= 3
    assert len({claim.key for claim in claims}) == len(claims)
    for claim in claims:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim.key), f"{claim.key} becomes an anchor and a file name"
        assert claim.statement.endswith(".") and claim.where and claim.measures and claim.conditions, claim.key
        assert len(claim.arms) >= 2 or any(arm.paper for arm in claim.arms), claim.key
        assert len(set(claim.seeds)) == len(claim.seeds), claim.key
        assert len(claim.seeds) >= 3 or "one seed" in claim.remark, f"{claim.key}: run more seeds, or say why not"
        assert all(condition.words for condition in claim.conditions), claim.key
        assert len({arm.name for arm in claim.arms}) == len(claim.arms), claim.key
        measures = {measure.name for measure in claim.measures}
        if any(arm.preset for arm in claim.arms):
            assert measures <= SCORES | {"seconds", "steps", "params"}, claim.key
        assert claim.timed or not measures & {"seconds"}, f"{claim.key} measures seconds but may run beside others"


def test_arms_are_recipes(key):
    """Every arm's overrides fit its preset or experiment, and no two arms of a claim are the same run."""
    for claim in paper(key).claims:
        runs = []
        for arm in claim.arms:
            assert bool(arm.preset) != bool(arm.measured), f"{claim.key}, {arm.name}: a preset or an experiment"
            if arm.preset:
                runs.append(override(paper(key).preset(arm.preset), dict(arm.overrides)))
            else:
                options = words(SimpleNamespace(**defaults(paper(key).experiment(arm.measured))), arm.overrides)
                runs.append((arm.measured, parse(form(paper(key).experiment(arm.measured)), options, "experiment")))
        assert all(one != other for one, other in itertools.combinations(runs, 2)), claim.key


def defaults(function: Callable) -> dict[str, object]:
    """Its options and what they are when nothing is said."""
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


def test_experiments(key):
    """Each says what it measures and explains its options, all of which have a default; a claim uses it."""
    used = {arm.measured for claim in paper(key).claims for arm in claim.arms}
    for name, function in paper(key).experiments.items():
        assert (function.__doc__ or "").splitlines()[0].endswith("."), name
        assert name in used, f"no claim needs {name}"
        assert defaults(function).get("seed") == 0, f"{name} takes a seed"
        told = {p.arg_name for p in docstring_parser.parse(function.__doc__).params}
        assert told == set(defaults(function)) and inspect.Parameter.empty not in defaults(function).values(), name


def test_conditions_ask_for_what_is_measured(key):
    """For all kinds of numbers, each condition says yes or no of its own arms and measures; NaN is not enough."""
    for claim in paper(key).claims:
        arms, measures = [arm.name for arm in claim.arms], [measure.name for measure in claim.measures]
        for seed in range(4):
            drawn = 3 * torch.rand(len(arms), len(measures), 3, generator=torch.Generator().manual_seed(seed))
            numbers = {
                arm: dict(zip(measures, rows.tolist(), strict=True)) for arm, rows in zip(arms, drawn, strict=True)
            }
            assert claim.verdict(claim.judge(numbers)) in get_args(Verdict)
        nothing = {arm: {measure: [None] * 3 for measure in measures} for arm in arms}
        assert claim.verdict(claim.judge(nothing)) not in ("reproduced", "checked"), claim.key
