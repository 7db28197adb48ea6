"""Recipes survive the way through JSON, and as words through the command line; every override is checked."""

import dataclasses
import json
import math
from dataclasses import asdict, dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand import optim, papers
from firsthand.errors import UserError, unknown
from firsthand.options import names, override, parse, sentence, words
from firsthand.papers.mlp.recipe import PRESETS, Recipe
from firsthand.train.launch import Launch
from firsthand.train.recipe import Optim, Schedule, arguments, flat
from firsthand.train.sampling import Sampling

EVERY = [(key, name) for key in papers.networks() for name in papers.get(key).presets]


@pytest.mark.parametrize(("key", "name"), EVERY)
def test_a_preset_survives_its_own_words(key, name):
    """All its fields as overrides of itself: directly, through JSON as config.json holds them, and as typed words."""
    preset = papers.get(key).preset(name)
    kept = json.loads(json.dumps(asdict(preset)))
    assert override(preset, flat(asdict(preset))) == override(type(preset)(), kept) == preset
    assert parse(type(preset), words(type(preset)(), flat(preset)), "train", type(preset)()) == preset


@pytest.mark.parametrize("key", papers.networks())
def test_every_preset_from_any_other(key):
    """The words carry the whole recipe: they turn any preset of the same kind into this one."""
    for preset in papers.get(key).presets.values():
        for other in papers.get(key).presets.values():
            if type(other) is type(preset):
                assert override(other, flat(asdict(preset))) == preset


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
fields = st.fixed_dictionaries(
    {},
    optional={
        "steps": st.integers(1, 10**9),
        "seed": st.integers(-(2**63), 2**63),
        "optim.lr": st.floats(0, 1e6),
        "optim.name": st.sampled_from(["sgd", "rmsprop", "adam", "adamw"]),
        "optim.nesterov": st.sampled_from([None, True, False]),
        "optim.betas": st.none() | st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)),
        "schedule.drops": st.none() | st.lists(st.integers(0, 10**6)).map(tuple),
        "schedule.floor": st.none() | st.floats(0, 1),
        "clip": st.none() | st.floats(1e-9, 1e9),
        "keep": st.sampled_from(["best", "last"]),
        "patience": st.none() | st.integers(1, 100),
        "model.hidden": st.lists(st.integers(1, 1000), min_size=1).map(tuple),
        "model.dropout": st.floats(0, 0.99),
        "data.name": text,
        "data.column": st.none() | text,
        "data.deduplicate": st.booleans(),
    },
)


def changed(recipe: Any, changes: dict[str, Any]) -> Any:
    """The overrides applied the plain way."""
    for name, value in changes.items():
        head, _, leaf = name.partition(".")
        recipe = replace(recipe, **{head: replace(getattr(recipe, head), **{leaf: value}) if leaf else value})
    return recipe


@settings(max_examples=60, deadline=None)
@given(fields)
def test_overrides_by_replacement(changes):
    """Any mix of numbers, words, flags, tuples and None arrives as it was given; the other fields stay."""
    recipe = replace(PRESETS["laptop"], schedule=Schedule())
    assert override(recipe, changes) == changed(recipe, changes)
    if changes.get("data.column") != "None":  # which typed means None
        assert parse(Recipe, words(recipe, changes), "train", recipe) == changed(recipe, changes)


@pytest.mark.parametrize("value", ["-x", "--steps", "a b", "", "data.name=3", "'", "[1]", "ä/ö", "*", "$HOME", "@file"])
def test_odd_words(value):
    """A word of the user is that word, also where it looks like an option."""
    assert override(PRESETS["laptop"], {"data": value}).data.name == value
    assert parse(Recipe, words(PRESETS["laptop"], {"data": value}), "train", PRESETS["laptop"]).data.name == value
    assert override(Sampling(), {"prompt": value}).prompt == value


def test_a_path(tmp_path):
    """As good as its text."""
    assert override(PRESETS["laptop"], {"data": tmp_path / "names.txt"}).data.name == str(tmp_path / "names.txt")


def test_floats_to_the_last_bit():
    """Through words and back."""
    for value in (0.1, 1 / 3, 5 / 3, 1e-300, 2.5e17, math.pi, 5e-324):
        typed = parse(Recipe, words(PRESETS["laptop"], {"optim.lr": value}), "train", PRESETS["laptop"])
        assert typed.optim.lr == override(PRESETS["laptop"], {"optim.lr": value}).optim.lr == value


def test_whole_numbers_do_for_floats():
    """lr=1 means 1.0."""
    lr = override(PRESETS["laptop"], {"optim.lr": 1}).optim.lr
    assert lr == 1.0 and isinstance(lr, float)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stepz": 5}, "There is no option 'stepz': did you mean 'steps'?"),
        ({"optim.lrr": 5}, "did you mean 'optim.lr'?"),
        ({"optim": {"momentun": 5}}, "did you mean 'optim.momentum'?"),
        ({"optim.lr.base": 5}, "There is no option 'optim.lr.base'"),
        ({"steps.": 5}, "There is no option 'steps.'"),
        ({"": 5}, "There is no option ''"),
        ({"task": 5}, "There is no option 'task'"),
        ({"tyro_write_completion": ["bash", "file"]}, "There is no option 'tyro_write_completion'"),
        ({"steps": 1.5}, "steps takes a whole number, not 1.5."),
        ({"steps": "100"}, "steps takes a whole number, not '100'."),
        ({"steps": None}, "steps takes a whole number, not None."),
        ({"steps": True}, "steps takes a whole number, not True."),
        ({"steps": 10**30}, "steps takes a whole number"),
        ({"steps": {}}, "There is no option 'steps'"),
        ({"optim": None}, "optim takes named values, not None."),
        ({"optim.lr": True}, "optim.lr takes a number, not True."),
        ({"optim.lr": math.nan}, "optim.lr takes a number, not nan."),
        ({"optim.lr": 10**400}, "optim.lr takes a number"),
        ({"clip": -math.inf}, "clip takes a number or None, not -inf."),
        ({"clip": "1"}, "clip takes a number or None, not '1'."),
        ({"keep": "bst"}, "There is no value of keep 'bst': did you mean 'best'?"),
        ({"keep": 1}, "keep takes one of 'best', 'last', not 1."),
        ({"average": "mean"}, "There is no value of average 'mean'"),
        ({"optim.betas": (0.9,)}, "optim.betas takes 2 numbers or None, not (0.9,)."),
        ({"optim.betas": (0.9, "x")}, "optim.betas[1] takes a number, not 'x'."),
        ({"model.hidden": 5}, "model.hidden takes a list of whole numbers, not 5."),
        ({"model.hidden": "55"}, "model.hidden takes a list of whole numbers, not '55'."),
        ({"data.deduplicate": 1}, "data.deduplicate takes True or False, not 1."),
        ({"data": 5}, "data takes named values, not 5."),
        ({"data": "a\0b"}, "data.name takes text"),
        ({"data": "\ud800"}, "data.name takes text"),
        ({"steps": 0}, "steps must be at least 1, got 0."),
        ({"model.hidden": ()}, "needs one size or more."),
    ],
)
def test_wrong_overrides(changes, said):
    """One sentence that names the option."""
    with pytest.raises(UserError) as error:
        override(PRESETS["laptop"], changes)
    assert said in str(error.value) and "\n" not in str(error.value)
    assert str(error.value)[-1] in ".?"
    assert "Recipe" not in str(error.value)


def test_the_default_is_left_alone():
    """Recipes are frozen; an override is a copy."""
    before = asdict(PRESETS["laptop"])
    assert override(PRESETS["laptop"], {"optim.lr": 9.0}) is not PRESETS["laptop"]
    assert asdict(PRESETS["laptop"]) == before


def test_nested_changes():
    """A dictionary in a dictionary is the same as dotted names."""
    expected = override(PRESETS["paper"], {"optim.lr": 0.5})
    assert override(PRESETS["paper"], {"optim": {"lr": 0.5}}) == expected
    assert override(PRESETS["paper"], {"optim": replace(PRESETS["paper"].optim, lr=0.5)}) == expected


def test_flat():
    """Nested fields as dotted names."""
    assert flat({"a": 1, "b": {"c": (2, 3), "d": {"e": None}}}) == {"a": 1, "b.c": (2, 3), "b.d.e": None}
    assert flat(Launch()) == asdict(Launch())


def test_words_are_what_a_person_would_type():
    """Readable, since they are printed as the command of every measurement."""
    changes = {"data": "makemore-names", "steps": 5, "schedule.drops": (3, 4), "data.deduplicate": True, "seed": -1}
    assert words(PRESETS["paper"], changes) == [
        *("--data.name", "makemore-names"),
        *("--steps", "5"),
        *("--schedule.drops", "3", "4"),
        "--data.deduplicate",
        "--seed=-1",
    ]
    assert words(PRESETS["paper"], {"data.deduplicate": False}) == ["--data.no-deduplicate"]


def test_names():
    """Every option of a recipe, dotted; groups that the command line shows without a prefix have none."""
    found = names(Recipe, PRESETS["laptop"])
    assert set(found) == {"--" + name.replace("_", "-") for name in flat(PRESETS["laptop"])}


@dataclass
class Called:
    """What a command was called with."""

    words: tuple

    def __eq__(self, other: Any) -> bool:
        return self.words == other


def command(first: str, /, count: int = 3, loud: bool = False) -> Called:
    """A command.

    Args:
        first: a word.
    """
    if first == "raise":
        raise SystemExit(7)
    if first == "speak":
        import sys

        print("heard", file=sys.stderr)
    return Called((first, count, loud))


def test_parse_calls_the_function():
    """With its arguments; what it prints and how it exits is its own business."""
    from tyro.conf import Positional

    command.__annotations__["first"] = Positional[str]
    assert parse(command, ["a"], "do") == ("a", 3, False)
    assert parse(command, ["a", "--count", "5", "--loud"], "do") == ("a", 5, True)
    with pytest.raises(SystemExit) as end:
        parse(command, ["raise"], "do")
    assert end.value.code == 7
    with pytest.raises(UserError, match="'b' is one word too many; see `do --help`"):
        parse(command, ["a", "b"], "do")
    with pytest.raises(UserError, match="did you mean '--count'"):
        parse(command, ["a", "--cuont", "5"], "do")
    with pytest.raises(UserError, match="--count takes a whole number, not 'x'; see `do --help`"):
        parse(command, ["a", "--count", "x"], "do")


def test_a_command_is_heard(capsys):
    """Its stderr is not swallowed by the reading of its options."""
    parse(command, ["speak"], "do")
    assert capsys.readouterr().err == "heard\n"


def test_help_exits_with_zero(capsys):
    """And prints on stdout."""
    with pytest.raises(SystemExit) as end:
        parse(Sampling, ["--help"], "do", Sampling())
    assert not end.value.code
    assert "below 1: safer, above 1: wilder" in capsys.readouterr().out


def test_help_names_what_may_be_none_by_what_it_is_else(capsys):
    """PATH, not {None}|PATH; the word None is read all the same."""

    def command(place: Path | None = None, pair: tuple[float, float] | None = (1.0, 2.0)) -> None:
        print(place, pair)

    with pytest.raises(SystemExit):
        parse(command, ["--help"], "tool")
    told = capsys.readouterr().out
    assert "--place PATH" in told and "{None}" not in told
    parse(command, ["--place", "None", "--pair", "None"], "tool")
    assert capsys.readouterr().out == "None None\n"


def test_sentence_of_nothing():
    """Never an empty message."""
    assert sentence("", "do") == "The command line could not be read; see `do --help`."


def test_unknown_names_the_nearest():
    """Or all of them, where none is near."""
    assert str(unknown("paper", "LENET", ["lenet", "mlp"])) == "There is no paper 'LENET': did you mean 'lenet'?"
    assert (
        str(unknown("paper", "xyz", ["lenet", "mlp"], "see")) == "There is no paper 'xyz': there are: lenet, mlp. (see)"
    )
    assert isinstance(unknown("paper", "x", []), ValueError)


def test_arguments():
    """The fields that are set become keyword arguments; one that the function lacks is refused with what it takes."""

    def rule(params: list, lr: float = 0.1, momentum: float = 0.0) -> None: ...

    assert arguments(rule, Optim("sgd", lr=0.5)) == {"lr": 0.5}
    assert arguments(rule, Optim("sgd", momentum=0.9)) == {"lr": 0.1, "momentum": 0.9}
    with pytest.raises(UserError, match=r"optim.betas is not an option of sgd, which takes: lr, momentum"):
        arguments(rule, Optim("sgd", betas=(0.9, 0.9)))


def test_home_is_no_option(monkeypatch):
    """A path that begins with a tilde is left to the reader of the data."""
    assert override(PRESETS["laptop"], {"data": Path("~/names.txt")}).data.name == "~/names.txt"


@pytest.mark.parametrize(("kind", "table"), [(Optim, optim.RULES), (Schedule, optim.SCHEDULES)])
def test_recipes_know_every_option_of_every_rule(kind, table):
    """Each name and each keyword can be asked for, and nothing can be asked for that no rule or schedule takes."""
    taken = {name for rule in table.values() for name in signature(rule).parameters} - {"params", "total", "shared"}
    offered = {field.name: field.type for field in dataclasses.fields(kind)}
    assert set(offered) - {"name"} == taken
    assert set(get_args(offered["name"])) == set(table)
