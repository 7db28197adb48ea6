"""The judge: mistakes are named, right solutions accepted, and whatever a file does is told in one sentence."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from firsthand import papers
from firsthand.errors import UserError
from firsthand.papers.exercise import Convention
from firsthand.study.judge import contents, refused
from firsthand.study.judge.behaviour import Behaviour, values_of
from firsthand.study.judge.proof import faults, judgements
from firsthand.study.judge.rule import uses
from firsthand.study.judge.verdict import apart, difference
from firsthand.study.skeleton import skeleton

RIGHT = Path(__file__).parent / "right"
KEYS = papers.exercises()
EXERCISES = [(key, papers.get(key).exercise) for key in KEYS]


def some(made: list[tuple[bool, Any]]) -> list[Any]:
    """These parameters; those that do not stand for all are tried only where there is time."""
    return [pytest.param(*one, marks=() if chosen else pytest.mark.slow) for chosen, one in made]


STEPS = some([(step is exercise.steps[-1], (key, step)) for key, exercise in EXERCISES for step in exercise.steps])
FILES = some([(number == 0, (file,)) for key in KEYS for number, file in enumerate(sorted(RIGHT.glob(f"{key}/*.py")))])


@pytest.mark.parametrize("key,step", STEPS, ids=lambda value: getattr(value, "name", value))
def test_every_mistake_is_told_by_its_name(key, step):
    """Each patch changes the answer, and what it does is taken for nothing else."""
    assert list(faults(papers.get(key).exercise, step, 1)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_right_solutions_of_other_styles_are_accepted(file):
    found = list(judgements(papers.get(file.parent.name).exercise, file, 2))
    assert [judgement for judgement in found if not judgement.right] == []


@pytest.mark.parametrize("key", KEYS)
def test_an_exercise_is_whole(key):
    """Three steps or more, mistakes and hints for each, three right solutions beside the answer."""
    exercise = papers.get(key).exercise
    assert len(exercise.steps) >= 3 and len(list((RIGHT / key).glob("*.py"))) >= 3
    for step in exercise.steps:
        names = [mistake.name for mistake in step.mistakes]
        assert len(names) == len(set(names)) >= 5, step.name
        assert all(re.fullmatch(r"[\w'-]+", name) for name in names), names  # files are named by them
        assert step.hints and step.minutes > 0 and step.statement.strip()


def test_another_convention_is_right_and_named(tmp_path):
    """An exercise may hold two answers for right: here the update gate of later papers, which turns z round."""
    exercise = papers.get("gru").exercise
    step = exercise.step("step")
    (turned,) = (mistake for mistake in step.mistakes if mistake.name == "update-turned")
    allowed = replace(step, conventions=(Convention("z turned round", turned.patch),))
    (tmp_path / "turned.py").write_text(exercise.patched(step, turned.patch))
    (found,) = judgements(replace(exercise, steps=(allowed,)), tmp_path / "turned.py", 3)
    assert found.right and found.words == "with z turned round"
    (plain,) = judgements(replace(exercise, steps=(step,)), tmp_path / "turned.py", 3)
    assert not plain.right and plain.mistakes == (turned,)


def test_a_tensor_of_float32_is_suspected(tmp_path):
    """Not where a mistake does the same, nor where the numbers are further apart."""
    exercise = papers.get("gru").exercise
    step = exercise.step("gates")

    def found(change):
        (tmp_path / "gates.py").write_text(exercise.patched(step, (("return r, z", f"return {change}"),)))
        (judgement,) = judgements(replace(exercise, steps=(step,)), tmp_path / "gates.py", 3)
        assert not judgement.right
        return judgement.words

    assert "float32" in found("r, z.float().double()") and "float32" in found("r + 3e-8, z")
    assert found("r, 1 - z") == found("r, z + 1e-3") == ""


# What stands at the end of an untouched file, and the kind and a word of what the judge says.
BAD = {
    "": ("unfinished", "Not written yet"),
    "while True: pass": ("limit", "does not end"),
    "import os\nos._exit(0)": ("limit", "leave out exit"),
    "import sys\nsys.exit(3)": ("limit", "leave out exit"),
    "import ctypes\nctypes.string_at(0)": ("limit", "crashes"),
    "kept = []\nwhile True: kept.append(torch.empty(1 << 27))": ("error", "GiB of memory"),
    "torch.zeros(1 << 33)": ("error", "GiB of memory"),
    "print('a' * (1 << 22))": ("error", "1 MB"),
    "def broken(": ("error", "cannot read"),
    "\0": ("error", "cannot read"),
    "raise KeyError('x')": ("error", "KeyError: 'x'"),
    "from torch.nn import LSTM": ("forbidden", "torch.nn.LSTM"),
    "import firsthand.nn": ("forbidden", "imports firsthand"),
    "from importlib import import_module\nimport_module('first' + 'hand')": ("error", "what the exercise is to write"),
    "def gates(x, *rest): return [torch.full((1, 1), torch.nan, dtype=x.dtype)] * 4": ("wrong", "nan"),
    "def gates(x, *rest): return 1.0": ("error", "returns 1 things where 4 are wanted"),
    "def gates(x, *rest): return 'a', 'b', 'c', 'd'": ("error", "a_i is no tensor but str"),
    "def gates(x, *rest): return [x[0, 0]] * 4": ("wrong", "should be (1, 1)"),
    "def gates(x, h, W, U, b, c): return (x @ W.T + h @ U.T + b + c).float().chunk(4, 1)": ("wrong", "as float32 goes"),
    "def gates(x, *rest): return [getattr(torch._C, '_nn').linear(x, x)] * 4": ("forbidden", ""),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What a process of its own says of all the bad files, with a second instead of ten."""
    folder, paper = tmp_path_factory.mktemp("bad"), papers.get("lstm")
    text = skeleton(paper, paper.exercise)
    for number, more in enumerate(BAD):
        (folder / f"{number}.py").write_text(f"{text}\n{more}\n")
    program = (
        "import json, sys\nfrom pathlib import Path\nfrom firsthand import papers\n"
        "from firsthand.study import judge as j\n"
        "from firsthand.study.judge.sandbox import Limits\nj.LIMITS = Limits(cpu=2)\n"
        "exercise = papers.get('lstm').exercise\n"
        "for number in range(int(sys.argv[2])):\n"
        "    (one,) = j.judge(exercise, Path(sys.argv[1]) / f'{number}.py', exercise.steps, 3)\n"
        "    print(json.dumps([one.kind, one.words + ' '.join(c.words for c in one.checks if not c.holds)]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, folder, str(len(BAD))], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return dict(zip(BAD, map(json.loads, ran.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("more", BAD)
def test_whatever_a_file_does_is_told_in_a_sentence(said, more):
    kind, words = BAD[more]
    assert said[more][0] == kind and words in said[more][1]


@pytest.mark.parametrize(
    "source,told",
    [
        ("import torch\n\ntorch.nn.functional.conv2d(x, w)", "torch.nn.functional.conv2d (line 3): from"),
        ("import torch.nn.functional as F\nF.relu(x)\nF.relu(y)", "torch.nn.functional.relu (line 2): from"),
        ("import torch\nx = eval(y)\ntorch.lstm(x)", "eval (line 2), torch.lstm (line 3): from"),
    ],
)
def test_what_is_forbidden_is_named_once_with_its_line(source, told):
    """A function of a module, not the module as well."""
    assert refused(list(uses(source))).startswith(f"It uses {told}")


WORKS = {"conv2d": "rest[0]", "max_pool2d": "2"}
WITHOUT = {
    "lenet": {"convolve": "conv2d"},
    "zipcode": {"feature_map": "conv2d"},
    "nin": {"across": "conv2d", "mlpconv": "conv2d", "pool": "max_pool2d"},
    "alexnet": {"pool": "max_pool2d"},
}


@pytest.mark.parametrize("key,name", [(key, name) for key, steps in WITHOUT.items() for name in steps])
def test_a_step_is_written_without_what_does_its_whole_work(key, name, tmp_path):
    """Other steps may call it: the towers of AlexNet do."""
    exercise, what = papers.get(key).exercise, WITHOUT[key][name]
    text = f"{exercise.source}\n\ndef {name}(x, *rest):\n    return torch.{what}(x, {WORKS[what]})\n"
    (tmp_path / "mine.py").write_text(text)
    (found,) = judgements(replace(exercise, steps=(exercise.step(name),)), tmp_path / "mine.py", 3)
    line = len(text.splitlines())
    assert found.words == f"It calls torch's {what} (line {line}): this step is to be written without that."
    assert found.kind == "forbidden"


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """Each with the way out."""
    (tmp_path / "binary.py").write_bytes(bytes(range(128, 256)))
    for name, words in (("", "is a folder"), ("absent.py", "There is no"), ("binary.py", "not UTF-8")):
        with pytest.raises(UserError, match=words):
            contents(tmp_path / name)


def test_numbers_are_near_or_not():
    """A different order of operations passes, a change in the tenth digit does not; NaN is equal to NaN only."""
    right = torch.tensor([1.0, 1e-6, 0.0], dtype=torch.float64)
    assert apart(right * (1 + 1e-12), right, 1e-10) is None
    assert apart(right * torch.tensor([1, 1, 1 + 1e-9]) + torch.tensor([0, 1e-12, 0]), right, 1e-10) == (1,)
    assert apart(right * torch.nan, right, 1e-10) is not None
    assert apart(right * torch.nan, right * torch.nan, 1e-10) is None
    assert apart(torch.tensor(2.0), torch.tensor(1.0), 1e-10) == ()


def test_a_gradient_that_is_rounding_alone_is_near():
    """Its size is told by the other gradients of the case; an output has nothing beside it."""
    noise, one = torch.tensor([3e-16], dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    right = Behaviour([{"y": one, "dL/dx": noise, "dL/dw": one}])
    assert difference(Behaviour([{"y": one, "dL/dx": -noise, "dL/dw": one}]), right, 1e-10) is None
    first = difference(Behaviour([{"y": one, "dL/dx": noise + 1e-12, "dL/dw": one}]), right, 1e-10)
    assert first is not None and first.name == "dL/dx"
    assert difference(Behaviour([{"y": -noise}]), Behaviour([{"y": noise}]), 1e-10) is not None


def test_data_of_a_step_are_not_differentiated():
    """Bits that are modelled are no numbers that could be a little larger: formulas that agree on them are right."""
    exercise = papers.get("lstm").exercise
    step = exercise.step("gates")
    case = next(step.cases(torch.Generator().manual_seed(0)))
    assert "dL/dx" in values_of(step, step.answer, case, 0)[0]
    assert "dL/dx" not in values_of(replace(step, data=("x",)), step.answer, case, 0)[0]


# A right answer that changes what it is given, and what that is.
IN_PLACE = {
    "backwards": ("seq2seq", "turned = source.clone()", "turned = source", "source"),
    "reparameterise": ("vae", "return mean + torch.exp(log_variance / 2) * noise",
                       "z = mean + torch.exp(log_variance / 2) * noise.clone()\n    noise.data.zero_()\n    return z",
                       "noise"),
    "learn": ("vae", "    return torch", "    first.update(p)\n    return torch", "p"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_inputs_stay_as_they_are(name, tmp_path):
    """Tensors, and what stands in dictionaries; all values hold, and no mistake is named."""
    key, old, new, changed = IN_PLACE[name]
    exercise = papers.get(key).exercise
    step = exercise.step(name)
    patch = ((old, new), *((("    found = []", "    found, first = [], p"),) if name == "learn" else ()))
    (tmp_path / "mine.py").write_text(exercise.patched(step, patch))
    (found,) = judgements(replace(exercise, steps=(step,)), tmp_path / "mine.py", 3)
    failed = [check for check in found.checks if not check.holds]
    assert found.kind == "wrong" and found.mistakes == ()
    assert [check.words for check in failed] == [f"it changes `{changed}` in place: work on a copy"]


def test_right_solutions_are_judged_by_the_rule(tmp_path):
    """What a learner would be refused is no right solution; a module's `to` is no layer."""
    exercise = papers.get("lstm").exercise
    for body, right in ((" = torch.nn.functional.linear", False), (" = Module().to(torch.zeros(1, 1))", True)):
        file = tmp_path / "solution.py"
        file.write_text("import torch\nfrom torch.nn import Module\n" + exercise.source + f"\n\nmine{body}\n")
        found = list(judgements(exercise, file, 2))
        assert all(one.right for one in found) is right and (right or found[0].kind == "forbidden")


def test_values_are_told_before_gradients():
    """A gradient that is wrong in a smaller case waits for a value that is wrong in a larger one."""
    one, two = torch.ones(1), 2 * torch.ones(1)
    right = Behaviour([{"y": one, "dL/dx": one}, {"y": one, "dL/dx": one}])
    found = Behaviour([{"y": one, "dL/dx": two}, {"y": two, "dL/dx": one}])
    first = difference(found, right, 1e-10)
    assert first is not None and (first.case, first.name) == (1, "y")
