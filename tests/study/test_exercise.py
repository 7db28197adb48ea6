"""The files that learners write in: made of the answers without their bodies, and never written over."""

import ast
import html
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import firsthand
from firsthand import papers
from firsthand.cli import main
from firsthand.papers.adam import answers as adam
from firsthand.study.lesson import Lesson
from firsthand.study.progress import Progress
from firsthand.study.skeleton import skeleton, without

KEYS = papers.exercises()


@pytest.mark.parametrize("key", KEYS)
def test_no_line_of_an_answer_is_in_the_file(key):
    """But for signatures, docstrings and what is given."""
    paper = papers.get(key)
    text = skeleton(paper, paper.exercise)
    lines = {line.strip() for line in text.splitlines()}
    for step in paper.exercise.steps:
        for node in ast.walk(ast.parse(textwrap.dedent(step.source))):
            if isinstance(node, ast.FunctionDef) and "given" not in map(ast.unparse, node.decorator_list):
                for statement in node.body[isinstance(node.body[0], ast.Expr) :]:
                    assert ast.unparse(statement).splitlines()[0] not in lines
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= 120


def test_a_step_can_be_put_back():
    """The rest of the file stays as it is."""
    exercise = papers.get("lstm").exercise
    text = skeleton(papers.get("lstm"), exercise)
    stub = '    raise NotImplementedError("step 2")'
    written = text.replace(stub, "    return x, x  # mine")
    assert without(written, exercise, exercise.step("step")) == text
    assert all(without(text, exercise, exercise.step("step")) is None for text in ("x = 1", "def f("))


def test_a_file_is_never_written_over(tmp_path, capsys):
    """The second call shows the steps; --reset keeps what was there."""
    folder = tmp_path / "rebuild"
    main(["exercise", "adam", "--out", str(folder)])
    assert "is written" in capsys.readouterr().out
    (folder / "adam.py").write_text((folder / "adam.py").read_text() + "\nmine = 1\n")
    main(["exercise", "adam", "--out", str(folder)])
    assert "is written" not in capsys.readouterr().out and "mine = 1" in (folder / "adam.py").read_text()
    main(["exercise", "adam", "--reset", "1", "--out", str(folder)])
    assert "mine = 1" in (folder / "adam.1.py").read_text()


def test_progress_is_kept_and_a_damaged_file_put_aside(tmp_path):
    progress = Progress(tmp_path)
    (tmp_path / "lstm.py").write_text("x = 1\n")
    progress.tried("lstm", "gates", False, tmp_path / "lstm.py")
    progress.tried("lstm", "gates", True, tmp_path / "lstm.py")
    progress.tried("lstm", "gates", True, tmp_path / "lstm.py")
    progress.write()
    done = Progress(tmp_path).of("lstm", "gates")
    assert done.attempts == 2 and done.passed and len(done.digest) == 64
    for damaged in ("{", "[]", '{"lstm": {"gates": {"attempts": "many"}}}', '{"lstm": {"gates": {"more": 1}}}'):
        (tmp_path / "progress.json").write_text(damaged)
        with pytest.warns(match="kept as progress.damaged.json"):
            assert Progress(tmp_path).of("lstm", "gates").attempts == 0
        assert (tmp_path / "progress.damaged.json").read_text() == damaged


def test_the_command_judges_hints_and_reveals(tmp_path):
    """One wrong step: exit code 1, its mistake by name; hints are counted; the answer is shown when asked for."""
    paper = papers.get("lstm")
    wrong = "    return (x @ weight_ih.T + h @ weight_hh.T + bias_ih).chunk(4, 1)"
    text = skeleton(paper, paper.exercise).replace('    raise NotImplementedError("step 1")', wrong)
    (tmp_path / "lstm.py").write_text(text + "print('here I am')\n")
    command = [sys.executable, "-m", "firsthand.cli", "judge", "lstm", "--out", str(tmp_path)]
    ran = subprocess.run([*command, "--seed", "5"], capture_output=True, text=True)
    assert ran.returncode == 1 and '"one-bias"' in ran.stdout and "here I am" in ran.stdout, ran.stderr
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True).stdout)
    assert told["steps"][0]["mistakes"][0]["name"] == "one-bias"
    assert "1 of 2" in subprocess.run([*command, "--hint"], capture_output=True, text=True).stdout
    assert "sums.chunk" in subprocess.run([*command, "--reveal"], capture_output=True, text=True).stdout
    assert f"`firsthand judge lstm --out {tmp_path} --hint` shows one" in ran.stdout
    assert Progress(tmp_path).of("lstm", "gates").hints == 1 and Progress(tmp_path).of("lstm", "gates").attempts == 2


def test_hints_are_for_what_is_not_right_yet(tmp_path):
    """When all steps have been right none is shown or counted; a step that is named has its own still."""
    exercise = papers.get("adam").exercise
    work = Lesson("adam", exercise, tmp_path / "adam.py", tmp_path)
    assert "1 of" in work.hint()[1].plain
    for step in exercise.steps:
        work.progress.of("adam", step.name).passed = "2026-01-01"
    (line,) = work.hint()
    assert "have been right" in line.plain
    assert sum(Progress(tmp_path).of("adam", step.name).hints for step in exercise.steps) == 1
    one = Lesson("adam", exercise, work.file, tmp_path, exercise.steps[-1])
    assert "1 of" in one.hint()[1].plain
    assert f"`firsthand judge adam --step {one.only.name} --hint`" in one.hints_left(one.only).plain


def test_the_answer_in_the_readmes_picture_is_the_judges(capsys):
    """A layer that cuts the state from the step before, on the inputs of that seed."""
    exercise = papers.get("lstm").exercise
    (cut,) = (mistake for mistake in exercise.step("layer").mistakes if mistake.name == "state-cut")
    names: dict = {}
    exec(exercise.patched(exercise.step("layer"), cut.patch), names)
    firsthand.judge("lstm", names["layer"], seed=81734)
    lines = capsys.readouterr().out.splitlines()
    drawn = (Path(__file__).parents[2] / "docs" / "figures" / "judge.svg").read_text(encoding="utf-8")
    words = "".join(html.unescape(text) for text in re.findall("<text[^>]*>([^<]*)</text>", drawn)).replace("\xa0", " ")
    assert all(line in words for line in lines) and len(lines) == 4
    assert "http" not in drawn.replace("http://www.w3.org", "").replace("https://www.textualize.io", "")


def test_a_function_of_a_notebook_is_judged():
    assert firsthand.judge("adam", adam.corrected, seed=1).right
    found = firsthand.judge("adam", lambda m, v, t, betas: (m, v / (1 - betas[1] ** t)), step="corrected", seed=1)
    assert not found.right and found.mistakes[0].name == "only-v-corrected"
