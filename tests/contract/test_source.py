"""What every source file keeps to: the rule of torch.nn, docstrings, shapes as types, sizes, safety."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import firsthand
from firsthand.nn import PAIRS
from firsthand.study.judge.rule import violations

ROOT = Path(firsthand.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
BUILT = [path for path in FILES if "check" not in path.relative_to(ROOT).parts]  # check holds the references


@pytest.mark.parametrize("path", BUILT, ids=lambda path: str(path.relative_to(ROOT)))
def test_from_tensors_up(path):
    assert list(violations(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn",
        "import torch.nn as nn",
        "import torch.nn.functional as F",
        "from torch import nn",
        "from torch.nn import Linear",
        "from torch.nn import functional",
        "from torch.nn.functional import relu",
        "from torch.nn.functional import multi_head_attention_forward",
        "from torch.nn.functional import gelu, layer_norm",
        "from torch.nn.functional import batch_norm, dropout, cross_entropy, linear",
        "from torch.nn.functional import scaled_dot_product_attention, softmax",
        "from torch.nn.functional import scaled_dot_product_attention_",
        "import torch\ntorch.nn.functional.scaled_dot_product_attention(q, k, v)",
        "from torch.nn.attention import sdpa_kernel",
        "from torch.nn.init import normal_",
        "import torch\ntorch.nn.Linear(1, 1)",
        "import torch as t\nt.nn.functional.relu",
        "import torch\ntorch.lstm",
        "import torch\ntorch.layer_norm(x)",
        "from torch import batch_norm",
        "import torch.optim",
        "from torch.optim import SGD",
        "import torch\ntorch.optim.Adam",
        "import torch\ntorch.ops.aten.native_batch_norm",
        "import torch\ntorch.nn.Module",
        "import torch\nnn = torch.nn",
        "import torch\nt = torch\nt.nn.functional.relu",
        "import torch\ngetattr(torch, 'n' + 'n').functional",
        "import torch\nvars(torch)['nn']",
        "from importlib import import_module\nimport_module('torch.nn.functional')",
        "import sys, torch\nsys.modules['torch.nn']",
        "from torch import *",
        "from torch.nn import *",
        "from torch.nn.modules.linear import Linear",
        "from torch.nn.utils import clip_grad_norm_",
        "from torch.optim.lr_scheduler import StepLR",
        "import torch\ndef f(x): return torch.native_layer_norm(x)",
        "import torch\ntorch._VF.lstm",
        "import torch\ntorch._C._nn.gelu",
        "import torch\ntorch.embedding(w, i)",
        "import torch\ntorch.dropout_(x, 0.5, True)",
        "import torch\ntorch.gru_cell(x, h)",
        "import torch\ntorch.binary_cross_entropy_with_logits(x, y)",
        "import torch\ntorch.jit.load('x')",
        "import torch\ntorch.load('x')",
        "import torch\ntorch.load('x', weights_only=False)",
        "import torch\ntorch.load('x', weights_only=safe)",
        "import torch\ntorch.save({}, 'x')",
        "import pickle",
        "from pickle import loads",
        "run = eval\nrun('1')",
        "__import__('torch.nn')",
        "import builtins\nbuiltins.exec('1')",
        "eval('1')",
        "exec('1')",
    ],
)
def test_the_walker_sees_what_is_forbidden(source):
    assert list(violations(source))


@pytest.mark.parametrize(
    "source",
    [
        "from torch.nn import Module, Parameter, Buffer, ModuleList, ModuleDict, ParameterList",
        "from torch.nn.functional import scaled_dot_product_attention",
        "from torch.nn.functional import scaled_dot_product_attention as fused_attention",
        "from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, gelu, leaky_relu, silu, softplus",
        "from torch.optim import Optimizer",
        "import torch\ntorch.conv2d(x, w)\ntorch.softmax(x, 1)\nmodel.eval()",
        "import torch\ntorch.linalg.vector_norm(x)\nself.dropout = 0.5\nloss.batch_norm",
        "import json, re\njson.load(file)\nre.compile('x')",
        "from torch.nn import Module\nclass Net(Module): 'torch.nn.Linear is what it equals.'",
    ],
)
def test_the_walker_lets_pass_what_is_allowed(source):
    assert list(violations(source)) == []


INHERITED = {"update", "memory", "extra_repr"}  # said once, in the base class


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes, and the public methods of public classes; a protocol's speak by their names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef) and "Protocol" not in {getattr(base, "id", "") for base in node.bases}:
                yield from (
                    item
                    for item in node.body
                    if isinstance(item, ast.FunctionDef)
                    and not item.name.startswith("_")
                    and item.name not in INHERITED
                )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_public_says_what_it_is(path):
    tree = ast.parse(path.read_text())
    silent = [node.name for node in public(tree) if not ast.get_docstring(node)]
    assert ast.get_docstring(tree), "the file itself says nothing"
    assert silent == []


SHAPED = [path for path in BUILT if path.relative_to(ROOT).parts[0] in ("nn", "data") or path.name == "model.py"]
SHAPES = {"Float", "Float64", "Int", "Int64", "UInt8", "Bool", "Shaped", "Num"}  # jaxtyping's words


def bare(hint: ast.expr | None) -> bool:
    """Whether a hint has a Tensor without a shape, however deep: tuple[Tensor, Float[Tensor, "batch"]] has."""
    if isinstance(hint, ast.Subscript) and getattr(hint.value, "id", "") in SHAPES:
        return False
    if isinstance(hint, ast.Name | ast.Attribute):
        return getattr(hint, "id", getattr(hint, "attr", "")) == "Tensor"
    return hint is not None and any(bare(part) for part in ast.iter_child_nodes(hint))


@pytest.mark.parametrize("path", SHAPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shapes_are_types(path):
    """No public function of a layer, a model or the data takes or returns a bare Tensor.

    A fast implementation has the types of its definition, which say them once.
    """
    known = PAIRS if "fast" in path.relative_to(ROOT).parts else ()
    for node in public(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name not in known:
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            hints = [node.returns, *(argument.annotation for argument in arguments)]
            assert not any(map(bare, hints)), f"{node.name}: give the shape, as in Float[Tensor, 'batch units']"


@pytest.mark.parametrize(
    ("hint", "found"),
    [
        ("Tensor", True),
        ("torch.Tensor | None", True),
        ("tuple[Tensor, Float[Tensor, 'a b']]", True),
        ("Callable[[Tensor], int]", True),
        ("Float[Tensor, 'a b'] | None", False),
        ("tuple[Float[Tensor, 'a b'], Int[Tensor, ' a']]", False),
        ("dict[str, int]", False),
    ],
)
def test_bare_tensors_are_seen(hint, found):
    assert bare(ast.parse(hint, mode="eval").body) is found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path):
    lines = len(path.read_text().splitlines())
    assert lines <= (150 if path.name == "model.py" else 400)


PROJECT = ROOT.parents[1]
WORKPLACE = {
    "a number of an issue": r"(?<![\w/&])#(?!\d{6}\b)\d+\b|\bissues?\s+\d",
    "who sat when": r"\b" + "ses" + r"sions?\b(?![\"'])|\bassis" + r"tants?\b|\bthe br" + r"ief\b",
    "a path of one machine": r"(?<![\w.~])/(work|root|home|tmp|mnt|Users)/",
}
PROSE = sorted(
    path
    for pattern in (
        "*.md",
        "*.toml",
        "*.cff",
        "src/**/*.py",
        "src/**/*.md",
        "tests/**/*.py",
        "docs/**/*",
        "benchmarks/*",
    )
    for path in PROJECT.glob(pattern)
    if path.is_file() and path.suffix in (".md", ".toml", ".cff", ".py", ".json", ".yml", ".txt")
)


@pytest.mark.skipif(not (PROJECT / "pyproject.toml").exists(), reason="installed without its repository")
@pytest.mark.parametrize("what", WORKPLACE)
def test_only_words_of_the_project(what):
    """Nothing that only the people who wrote it can understand."""
    found = [
        f"{path.relative_to(PROJECT)}: {line.strip()}"
        for path in PROSE
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(WORKPLACE[what], line)
    ]
    assert found == []
    assert len(PROSE) > 50


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a number of an issue", "see #" + "12"),
        ("a number of an issue", "as iss" + "ue 7 asks"),
        ("who sat when", "in this ses" + "sion we"),
        ("a path of one machine", "data in /wo" + "rk/shared"),
    ],
)
def test_words_are_seen(what, line):
    assert re.search(WORKPLACE[what], line)


@pytest.mark.parametrize("line", ['color="#1f2933"', 'scope="session"', "https://x.org/home/a", "torch #200000", "1/2"])
def test_words_that_are_fine(line):
    assert not any(re.search(pattern, line) for pattern in WORKPLACE.values())


def test_recipes_name_every_rule_and_schedule():
    """What the command line offers is what `firsthand.optim` has; Literals cannot be computed from it."""
    from typing import get_args

    from firsthand.optim import RULES, SCHEDULES
    from firsthand.train.recipe import RuleName, ScheduleName

    assert get_args(RuleName) == tuple(RULES)
    assert get_args(ScheduleName) == tuple(SCHEDULES)
