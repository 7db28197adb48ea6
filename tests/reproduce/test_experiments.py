"""Experiments: typed functions that claims measure beside training runs."""

import json
import random
from typing import Literal

import pytest

import firsthand
from firsthand import api, papers
from firsthand.claims import Arm, Claim, Measure, equal
from firsthand.cli import main
from firsthand.errors import UserError
from firsthand.papers import Paper
from firsthand.reproduce import reproduce


def throws(sides: int = 6, kind: Literal["fair", "loaded"] = "fair", twice: bool = False, seed: int = 0) -> dict:
    """How high a die falls.

    Args:
        sides: faces of the die.
        kind: whether it always falls on its last face.
        twice: throw two and take the sum.
        seed: of the throw.
    """
    dice = random.Random(seed)
    rolls = [dice.randint(1, sides) if kind == "fair" else sides for _ in range(2 if twice else 1)]
    return {"sum": sum(rolls), "broken": None, "rolls": rolls}


SUM = Measure("sum", "points", digits=0)


def claim(**changes) -> Claim:
    arms = (
        Arm("fair", experiment="throws"),
        Arm("loaded", experiment="throws", overrides={"kind": "loaded", "twice": True}, paper={"sum": 12.0}),
    )
    settings = {
        "key": "dice", "statement": "Loaded dice fall higher.", "where": "page 1", "measures": (SUM,), "arms": arms,
        "conditions": (equal(SUM.of("loaded"), 12),), "seeds": (3, 4),
    }  # fmt: skip
    return Claim(**settings | changes)


@pytest.fixture(autouse=True)
def dice(monkeypatch):
    """The paper `mlp` has the experiment `throws`."""
    has = {"mlp": {"throws": throws}}
    monkeypatch.setattr(Paper, "experiments", property(lambda self: has.get(self.card.key, {})))


@pytest.fixture
def with_claims(monkeypatch):
    def give(*claims: Claim) -> None:
        monkeypatch.setattr(papers.get("mlp").module("claims"), "CLAIMS", claims)

    return give


def test_numbers_and_series(tmp_path, monkeypatch):
    """What was found, and the files; on one thread, and afterwards on as many as the caller had."""
    threads = [3]
    monkeypatch.setattr("torch.get_num_threads", lambda: threads[-1])
    monkeypatch.setattr("torch.set_num_threads", threads.append)
    result = firsthand.experiment("mlp", "throws", seed=5, kind="loaded", twice=True, out=tmp_path / "run")
    assert threads == [3, 1, 3]
    assert result["metrics"] == {"sum": 12, "broken": None} and result["series"] == {"rolls": [6, 6]}
    assert json.loads((tmp_path / "run/result.json").read_text()) == result
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["options"] == {"kind": "loaded", "twice": True} and config["seed"] == 5
    assert firsthand.api.runs(tmp_path) == []  # `firsthand runs` lists training runs
    with pytest.raises(UserError, match="already exists"):
        api.experiment("mlp", "throws", out=tmp_path / "run")


def test_command(capsys, tmp_path):
    main(["experiment", "mlp", "throws", "--kind", "loaded", "--sides", "20", "--json"])
    assert json.loads(capsys.readouterr().out)["metrics"]["sum"] == 20
    main(["experiment", "mlp", "throws", "--kind", "loaded", "--twice", "--out", str(tmp_path / "a")])
    assert "sum" in (text := capsys.readouterr().out) and "12" in text and str(tmp_path / "a") in text
    main(["experiment", "mlp"])
    assert "How high a die falls." in capsys.readouterr().out
    main(["experiment", "--help"])
    assert "firsthand experiment KEY" in capsys.readouterr().out


def test_help_explains_the_options(capsys):
    with pytest.raises(SystemExit) as end:
        main(["experiment", "mlp", "throws", "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0 and "faces of the die" in text and "How high a die falls." in text and "loaded" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["mlp", "trows"], "There is no experiment of mlp 'trows': did you mean 'throws'"),
        (["mlp", "throws", "--side", "3"], "did you mean '--sides'"),
        (["mlp", "throws", "--sides", "many"], "--sides takes a whole number, not 'many'"),
        (["lenet", "throws"], "lenet has no experiments, it only trains"),
        (["mpl"], "There is no paper 'mpl': did you mean 'mlp'"),
    ],
)
def test_mistakes(words, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        main(["experiment", *words])
    assert end.value.code == 2 and sentence in capsys.readouterr().err


def test_unknown_option_from_python():
    with pytest.raises(UserError, match="There is no option of throws 'side': did you mean 'sides'"):
        api.experiment("mlp", "throws", side=3)


def test_claims_measure_experiments(with_claims, inside, tmp_path):
    """Each run once, its command beside its numbers; a second call takes what is there."""
    with_claims(claim())
    for _ in range(2):
        results = reproduce("mlp", runs=tmp_path / "runs", out=tmp_path / "out")
    assert len(inside) == 4
    (row,) = results.content["claims"]
    fair, loaded = row["arms"]
    assert fair["ours"] == {"sum": [random.Random(seed).randint(1, 6) for seed in (3, 4)]}
    assert loaded["ours"] == {"sum": [12, 12]} and row["verdict"] == "reproduced"
    assert loaded["command"] == "firsthand experiment mlp throws --kind loaded --twice --seed 3"
    assert "| loaded | points | 12 | 12 | ± 0 | 2 |" in results.table
    assert (tmp_path / "out/mlp-dice.png").exists()


def test_what_never_happened(with_claims, inside, tmp_path):
    """An experiment's None is "never" in the table, and fulfils no condition."""
    never = Measure("broken", "throw that broke it")
    broken = claim(measures=(never,), conditions=(never.of("fair") < 7,))
    with_claims(broken)
    results = reproduce("mlp", runs=tmp_path / "runs", out=tmp_path / "out")
    assert "| fair | throw that broke it |  | never | ± never | 2 |" in results.table
    assert results.content["claims"][0]["verdict"] == "not reproduced"


def test_a_claim_draws_its_own_figure(with_claims, inside, tmp_path):
    """From what its runs left: numbers, lists, seeds."""
    from matplotlib.figure import Figure

    shown = {}

    def figure(seen):
        shown.update(seen)
        return Figure()

    with_claims(claim(figure=figure))
    reproduce("mlp", runs=tmp_path / "runs", out=tmp_path / "out")
    assert [run.seed for run in shown["loaded"]] == [3, 4]
    assert shown["loaded"][0].result["series"]["rolls"] == [6, 6] and shown["loaded"][0].rows == []


def test_the_general_figure_shows_what_differs():
    """A panel a measure, but none for one that is the same number everywhere; whose the other numbers are."""
    from firsthand.figures.dots import picture

    def row(sizes: list[float], kind: str = "our question") -> dict:
        ours = [{"loss": [1.0 + number], "size": [size]} for number, size in enumerate(sizes)]
        arms = [{"name": f"arm {number}", "paper": {"loss": 1.0}, "ours": found} for number, found in enumerate(ours)]
        measures = [{"name": name, "label": name} for name in ("loss", "size")]
        return {"key": "key", "kind": kind, "verdict": "reproduced", "arms": arms, "measures": measures}

    for kind, whose in (("a secondary number", "source"), ("the paper's number", "paper")):
        (legend,) = picture(row([5.0, 6.0], kind)).legends
        assert [text.get_text() for text in legend.get_texts()] == ["ours, each seed", "ours, mean", whose]
    panels = [[axes.get_xlabel() for axes in picture(row(sizes)).axes] for sizes in ([5.0, 5.0], [5.0, 6.0])]
    assert panels == [["loss"], ["loss", "size"]]
    low, high = picture(row([5.0, 5.001])).axes[1].get_xlim()
    assert high - low > 1  # a difference of one in five thousand looks as small as it is
