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
import torch
from torch.testing import assert_close

import firsthand
from firsthand import nn, optim, papers
from firsthand.cli import main
from firsthand.papers.adagrad import answers as adagrad
from firsthand.papers.adam import answers as adam
from firsthand.papers.gru import answers as gru
from firsthand.papers.lstm import answers as lstm
from firsthand.papers.lstm import model
from firsthand.papers.transformer import answers as transformer
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


def test_the_answers_of_the_lstm_are_the_papers_network():
    """Their step is that of model.py, and their model gives the logits of the paper's with the same weights."""
    torch.manual_seed(0)
    theirs = model.LanguageModel().double()
    ours = lstm.LanguageModel().double()
    names = {"lstm.weight_ih_l0": "weight_ih", "lstm.weight_hh_l0": "weight_hh", "lstm.bias_ih_l0": "bias_ih",
             "lstm.bias_hh_l0": "bias_hh", "output.weight": "weight", "output.bias": "bias"}  # fmt: skip
    ours.load_state_dict({names[name]: value for name, value in theirs.state_dict().items()})
    tokens = torch.randint(28, (3, 7))
    assert_close(ours.advance(tokens)[0], theirs(tokens))
    x, h, c, W, U, b = (
        torch.randn(size, dtype=torch.float64) for size in ((2, 3), (2, 4), (2, 4), (12, 3), (12, 4), 12)
    )
    parts = [tuple(value.chunk(3)) for value in (W, U, b)]
    assert_close(lstm.step_1997(x, h, c, W, U, b), model.step_1997(x, h, c, *parts))


def test_the_answers_of_adam_are_the_rule():
    """Forty steps with parameters that lack gradients now and then."""
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(3, generator=generator, dtype=torch.float64) for _ in range(2)]
    ours, theirs = ([value.clone().requires_grad_() for value in starts] for _ in range(2))
    rules = adam.Adam(ours, lr=0.1), optim.Adam(theirs, lr=0.1)
    slopes = torch.randn(40, 2, 3, generator=generator, dtype=torch.float64)
    for t, row in enumerate(slopes):
        for mine, other, slope in zip(ours, theirs, row, strict=True):
            mine.grad, other.grad = (None if t % 5 == 4 and slope is row[1] else slope.clone() for _ in range(2))
        for rule in rules:
            rule.step()
    assert_close(ours, theirs)
    options = {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-6}
    for path, rule in ((adam.adam, optim.Adam), (adam.adamax, optim.Adamax), (adam.adamw, optim.AdamW)):
        w = starts[0].clone().requires_grad_()
        more = {"decay": 0.2} if rule is optim.AdamW else {}
        made = rule([w], **options, **({"weight_decay": 0.2} if more else {}))
        for slope in slopes[:, 0]:
            w.grad = slope.clone()
            made.step()
        assert_close(path(starts[0], slopes[:, 0], **options, **more)[-1], w.detach(), rtol=1e-9, atol=0)


def test_the_answers_of_the_gru_are_the_papers_steps():
    """As published, and as torch has it."""
    sizes = ((2, 3), (2, 4), (12, 3), (12, 4), 12, 12)
    x, h, W, U, b, c = (torch.randn(size, dtype=torch.float64) for size in sizes)
    assert_close(gru.step(x, h, W, U), firsthand.get("gru").module("model").step(x, h, W.chunk(3), U.chunk(3)))
    lengths, text = torch.tensor([3, 1]), torch.randn(2, 3, 3, dtype=torch.float64)
    states, last = nn.gru(text, h, W, U, b, c, lengths=lengths)
    ours, end = gru.layer(text, h, W, U, b, c, lengths)
    assert_close(end, last)
    assert_close(ours[0], states[0])  # those past the end of a text differ by convention


def test_the_answers_of_adagrad_are_the_rule():
    slopes, w = torch.randn(20, 3, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    p = w.clone().requires_grad_()
    rule = optim.Adagrad([p], lr=0.1, eps=1e-3)
    for slope in slopes:
        p.grad = slope.clone()
        rule.step()
    assert_close(adagrad.adagrad(w, slopes, 0.1, 1e-3)[-1], p.detach())


def test_the_answers_of_the_transformer_are_the_papers_layers():
    """With the same weights, padding in the source, and the future hidden in the target."""
    torch.manual_seed(0)
    layers = firsthand.get("transformer").module("layers")
    encoder = layers.EncoderLayer(6, 3, 8, None, 0.0, "post").double()
    decoder = layers.DecoderLayer(6, 3, 8, None, 0.0, "post").double()
    for p in (*encoder.parameters(), *decoder.parameters()):
        p.data.normal_()

    def matrices(attention):
        return dict(zip(("W_q", "W_k", "W_v"), attention.in_proj_weight.chunk(3), strict=True)) | {
            "W_o": attention.out_proj.weight
        }

    def named(attention, feed, norms):
        maps = {
            "W_1": feed.expand.weight,
            "b_1": feed.expand.bias,
            "W_2": feed.contract.weight,
            "b_2": feed.contract.bias,
        }
        ends = {f"{name}_{i}": value for i, one in enumerate(norms, 1) for name, value in
                (("scale", one.norm.weight), ("shift", one.norm.bias))}  # fmt: skip
        return matrices(attention) | maps | ends

    x, y = torch.randn(2, 4, 6, dtype=torch.float64), torch.randn(2, 3, 6, dtype=torch.float64)
    keep = torch.tensor([[True] * 4, [True, True, False, False]])
    memory = encoder(x, keep[:, None, None])
    p = named(encoder.attention, encoder.feed, encoder.sums)
    assert_close(transformer.encoder_layer(x, keep[:, None], 3, p), memory)
    theirs, _ = decoder(y, (keep[:, None, None], *decoder.cross.offer(memory)))
    own = named(decoder.attention, decoder.feed, decoder.sums[:1])
    cross = named(decoder.cross, decoder.feed, decoder.sums[1:])
    assert_close(transformer.decoder_layer(y, memory, keep[:, None], 3, own, cross), theirs)
    table = nn.SinusoidalPositions(9, 6)(torch.zeros(1, 9, 6, dtype=torch.float64))[0]
    assert_close(transformer.positions(9, 6), table, atol=1e-6, rtol=0)  # a table in float32
