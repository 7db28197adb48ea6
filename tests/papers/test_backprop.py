"""Back-propagation's networks, rule and family trees against hand calculation, published counts and printed weights."""

from math import exp

import pytest
import torch
from torch import Tensor

import firsthand
from firsthand.errors import UserError
from firsthand.papers.backprop import experiments, features
from firsthand.papers.backprop.cases import Cases, binary, problem, right, unlike_trees
from firsthand.papers.backprop.facts import (
    ENGLISH,
    ENGLISH_COUPLES,
    ITALIANS,
    MEN,
    PEOPLE,
    RELATIONS,
    Tree,
    branch,
    generation,
    questions,
)
from firsthand.papers.backprop.model import NETS, Config, Network, activities, error
from firsthand.papers.backprop.recipe import PRESETS, counted
from firsthand.papers.backprop.rule import Descent
from firsthand.papers.backprop.sweeps import descend, first_weights, without_hidden
from firsthand.papers.backprop.tape import Node

TREES = PRESETS["laptop"]


# The family trees


def test_published_counts():
    """104 questions and 112 facts, 52 and 56 a tree; so many of each relation."""
    asked = questions()
    assert len(asked) == 104 and sum(map(len, asked.values())) == 112
    expected = dict(son=6, daughter=6, father=6, mother=6, wife=5, husband=5, nephew=4, niece=4, uncle=4, aunt=4,
                    brother=3, sister=3)  # fmt: skip
    assert set(RELATIONS) == set(expected)
    for people in (ENGLISH, ITALIANS):
        mine = {question: answers for question, answers in asked.items() if question[0] in people}
        assert len(mine) == 52
        counts = dict.fromkeys(RELATIONS, 0)
        for (_, relation), answers in mine.items():
            counts[relation] += len(answers)
        assert counts == expected
        assert sum(len(answers) == 2 for answers in mine.values()) == 4  # uncles and aunts of two grandchildren


def test_what_the_figures_say():
    """Colin's aunts are units 10 and 11 of Figure 3, one by blood and one by marriage."""
    asked = questions()
    assert asked["Colin", "aunt"] == {"Jennifer", "Margaret"} == {ENGLISH[9], ENGLISH[10]}
    assert asked["Colin", "uncle"] == {"Arthur", "Charles"}
    assert asked["Charlotte", "brother"] == {"Colin"} and ("Charlotte", "sister") not in asked
    assert asked["Charles", "niece"] == {"Charlotte"} and asked["Margaret", "nephew"] == {"Colin"}  # by marriage
    assert asked["Sophia", "mother"] == {"Lucia"} and asked["Lucia", "father"] == {"Roberto"}
    assert not any(person in ("Charles", "Margaret") and relation in ("father", "mother") for person, relation in asked)


def test_the_two_trees_are_the_same():
    """Each Italian answers what the English person in the same place answers."""
    asked, twin = questions(), dict(zip(ENGLISH, ITALIANS, strict=True))
    for (person, relation), answers in asked.items():
        if person in ENGLISH:
            assert asked[twin[person], relation] == {twin[answer] for answer in answers}


def test_relations_have_their_converse():
    """Whose father A is, is A's son or daughter, and so on; nobody is a relation of themselves."""
    tree = Tree(ENGLISH_COUPLES)
    converse = {"father": ("son", "daughter"), "mother": ("son", "daughter"), "husband": ("wife",), "uncle":
                ("nephew", "niece"), "aunt": ("nephew", "niece"), "brother": ("brother", "sister")}  # fmt: skip
    for person in ENGLISH:
        for relation in RELATIONS:
            found = tree.relatives(person, relation)
            assert person not in found
            assert all((relative in MEN) is (relation in RELATIONS[0::2]) for relative in found)
            for relative in found:
                if relation in converse:
                    assert any(person in tree.relatives(relative, back) for back in converse[relation])


def test_generations_and_branches():
    """4, 6 and 2 people of each tree; a spouse is of the same generation, a parent of the one before."""
    for people in (ENGLISH, ITALIANS):
        assert [sum(generation(person) == g for person in people) for g in range(3)] == [4, 6, 2]
        assert [sum(branch(person) == b for person in people) for b in range(3)] == [5, 5, 2]
    tree = Tree(ENGLISH_COUPLES)
    for person in ENGLISH:
        assert all(generation(spouse) == generation(person) for spouse in tree.spouses(person))
        assert all(generation(parent) == generation(person) - 1 for parent in tree.parents(person))
        grandchild = branch(person) == 2
        assert all(grandchild or branch(parent) == branch(person) for parent in tree.parents(person))


def test_problems():
    """One person and one relation on in each question; 8 of 64 vectors are symmetric; parity of 2 and 4."""
    x, d = problem("family-trees")
    assert x.shape == (104, 36) and d.shape == (104, 24)
    assert (x[:, :24].sum(1) == 1).all() and (x[:, 24:].sum(1) == 1).all()
    assert len({tuple(row) for row in x.tolist()}) == 104 and d.sum() == 112
    row = next(i for i in range(104) if x[i, PEOPLE.index("Colin")] and x[i, 24 + RELATIONS.index("aunt")])
    assert d[row].nonzero().flatten().tolist() == [9, 10]
    x, d = problem("symmetry")
    assert len({tuple(row) for row in x.tolist()}) == 64 and d.sum() == 8
    assert all(bool(t) == (row == row[::-1]) for row, t in zip(x.tolist(), d, strict=True))
    assert problem("xor")[1].flatten().tolist() == [0, 1, 1, 0]
    x, d = problem("parity")
    assert len(x) == 16 and all(t == bin(i).count("1") % 2 for i, t in enumerate(d.flatten().tolist()))
    assert binary(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_held_out():
    """Four others with another seed, never in training; none where none is asked for."""
    (x, _), (held_out, _) = Cases().load()
    assert len(x) == 100 and len(held_out) == 4
    rows = {tuple(row) for row in problem("family-trees")[0].tolist()}
    assert {tuple(row) for row in x.tolist()} | {tuple(row) for row in held_out.tolist()} == rows
    assert not torch.equal(Cases(split_seed=1).load()[1][0], held_out)
    assert Cases("symmetry", held_out=0).load()[1] is None
    with pytest.raises(UserError, match=r"data.held_out must be 0 or more .* xor has 4 cases, got 4"):
        Cases("xor")


def test_right():
    """Every output on its side of one half."""
    d = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    assert right(torch.tensor([[0.51, 0.49], [0.9, 0.4], [0.1, 0.6]]), d).tolist() == [True, False, False]


# The networks


def test_parameters():
    """576 weights and 54 biases; 12 + 2 + 2 + 1; the codes of person and relation lie side by side, not mixed."""
    sizes = {"family-trees": 630, "symmetry": 17, "xor": 9, "xor-skip": 7, "parity": 25, "encoder": 59}
    for net, size in sizes.items():
        network = Network(Config(net))
        assert sum(p.numel() for p in network.parameters()) == size
    matrices = [p for p in Network().parameters() if p.ndim == 2]
    assert sum(p.numel() for p in matrices) == 576
    direct = without_hidden(NETS["family-trees"])
    assert sum(w[0].numel() for w in first_weights(direct, 2, 1.0, torch.Generator())) == 36 * 24 + 24


def test_published_network():
    """The weights of Figure 1 in plain arithmetic: E = 0.346, all 64 right, 0.881 for each symmetric vector."""

    def y(x: float) -> float:
        return 1 / (1 + exp(-x))

    E, seen = 0.0, set()
    for vector in binary(6).tolist():
        hidden = [
            y(sum(w * x for w, x in zip(unit, [*vector, 1.0], strict=True))) for unit in experiments.PUBLISHED_HIDDEN
        ]
        out = y(-8.8 * hidden[0] - 8.8 * hidden[1] + 6.4)
        symmetric = vector == vector[::-1]
        E += (out - symmetric) ** 2 / 2
        seen.add((symmetric, round(out, 3) if symmetric else out > 0.5))
    assert seen == {(True, 0.881), (False, False)}
    assert round(E, 3) == 0.346
    found = experiments.published()
    assert found["error"] == pytest.approx(E, abs=1e-5) and found["right"] == 64 and found["1 : 2 : 4"] == 1


def test_the_network_equals_the_equations():
    """Equations 1 to 3 with loops over units, in double precision; the skipping net, which has every kind of layer."""
    torch.manual_seed(0)
    network, (x, d) = Network(Config("xor-skip", init=1.0)).double(), problem("xor")
    hidden, output = network.layers["hidden"], network.layers["output"]
    E = 0.0
    for case, desired in zip(x.tolist(), d.tolist(), strict=True):
        h = 1 / (
            1 + exp(-sum(w * y for w, y in zip(hidden.weight[0].tolist(), case, strict=True)) - hidden.bias.item())
        )
        below = [*case, h]
        out = 1 / (
            1 + exp(-sum(w * y for w, y in zip(output.weight[0].tolist(), below, strict=True)) - output.bias.item())
        )
        E += (out - desired[0]) ** 2 / 2
    w = [Node(p.detach()) for p in network.parameters()]
    assert error(activities(network.plan, x.double(), w)["output"], d.double()).sum().value.item() == pytest.approx(E)


def test_gradient_against_differences():
    """Central differences on the family trees with biases, relative error below 1e-7 as far as float64 reaches."""
    torch.manual_seed(1)
    task, network = TREES.task(TREES), Network(Config(init=1.0)).double()
    batch = task.train.inputs.double(), task.train.targets.double()
    object.__setattr__(task.recipe, "tolerance", 0.0)  # with it E jumps where an output comes near enough

    task.loss(network, batch).backward()
    generator = torch.Generator().manual_seed(2)
    for p in network.parameters():
        flat, gradient = p.data.view(-1), p.grad.view(-1)
        for place in torch.randint(len(flat), (4,), generator=generator).tolist():
            start, around = flat[place].item(), []
            for h in (1e-4, -1e-4, 2e-4, -2e-4):
                flat[place] = start + h
                around.append(task.loss(network, batch).item())
            flat[place] = start
            slope = (8 * (around[0] - around[1]) - (around[2] - around[3])) / 12e-4  # errs by h^4
            assert gradient[place].item() == pytest.approx(slope, rel=1e-7, abs=1e-9)


def test_an_embedding_is_the_same():
    """One person on picks a row: a table of 24 codes of 6 through the logistic, biases added to each row."""
    torch.manual_seed(0)
    network = Network()
    layer = network.layers["person_code"]
    table = torch.nn.Embedding.from_pretrained((layer.weight.T + layer.bias).detach())
    x, _ = problem("family-trees")
    codes = torch.sigmoid(table(x[:, :24].argmax(1)))
    assert torch.allclose(network.states(x)["person_code"], codes, atol=1e-6)


def test_codes_do_not_mix():
    """The relation has no way to the code of the person: gradients between them are zero."""
    torch.manual_seed(0)
    network, (x, _) = Network(), problem("family-trees")
    other = x.clone()
    other[:, 24:] = other[:, 24:].flip(0)
    states, others = network.states(x), network.states(other)
    assert torch.equal(states["person_code"], others["person_code"])
    assert not torch.equal(states["relation_code"], others["relation_code"])
    assert not torch.equal(states["central"], others["central"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model.net": "symmetry"}, "The network symmetry learns --data.name symmetry, not family-trees"),
        ({"model.net": "xor-skip"}, "The network xor-skip learns --data.name xor, not family-trees"),
        ({"tolerance": 0.5}, "tolerance must be below 0.5, got 0.5"),
        ({"model.init": 0.0}, "model.init must be above 0"),
        ({"optim.shrink": -0.1}, "optim.shrink must be at least 0"),
        ({"optim.name": "adam", "optim.shrink": 0.1}, "optim.momentum is not an option of adam"),
        ({"data.held_out": 104}, "leave a case to train on: family-trees has 104 cases"),
    ],
)
def test_mistakes(changes, sentence, tmp_path):
    """Refused in one sentence, before anything is trained."""
    with pytest.raises(UserError, match=sentence):
        firsthand.train("backprop", out=tmp_path / "run", progress=False, **changes)


# What counts as an error, and the update


def test_tolerance():
    """By unit: outputs within 0.2 have no error. By case: only where the whole case is near enough."""
    y = torch.tensor([[0.81, 0.19], [0.81, 0.21], [0.79, 0.3]])
    d = torch.tensor([[1.0, 0.0]] * 3)
    assert counted(y, d, 0.2, "unit").tolist() == [[0, 0], [0, 1], [1, 1]]
    assert counted(y, d, 0.2, "case").tolist() == [[0, 0], [1, 1], [1, 1]]
    assert counted(y, d, 0.0, "unit").tolist() == [[1, 1]] * 3
    E = error(Node(y), d, counted(y, d, 0.2, "unit"))
    assert E.value.flatten().tolist() == pytest.approx([0, 0.21**2 / 2, (0.21**2 + 0.3**2) / 2])
    E.sum().backward()


def steps(rule: torch.optim.Optimizer, w: Tensor, gradients: list[float], rates: list[float]) -> list[float]:
    """Where a single weight is after each step."""
    found = []
    for gradient, rate in zip(gradients, rates, strict=True):
        w.grad = torch.full_like(w, gradient)
        rule.param_groups[0]["lr"] = rate
        rule.step()
        found.append(w.item())
    return found


def test_the_velocity_holds_steps():
    """By hand with rates 1 then 0.1, momentum 0.5, gradients 2 and 4: dw = -2, then -0.4 + 0.5 (-2) = -1.4.

    torch's SGD, whose velocity holds gradients, moves by 0.1 (4 + 0.5 2) = 0.5 in the second step.
    """
    ours, theirs = torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64, requires_grad=True)
    assert steps(Descent([ours], momentum=0.5), ours, [2, 4], [1, 0.1]) == pytest.approx([-2, -3.4])
    rule = torch.optim.SGD([theirs], lr=1, momentum=0.5)
    assert steps(rule, theirs, [2, 4], [1, 0.1]) == pytest.approx([-2, -2.5])


def test_at_a_constant_rate_it_is_torchs_momentum():
    """The same path over 100 steps of random gradients; 1e-12 for the order of the products."""
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    theirs = ours.clone().requires_grad_()
    rules = Descent([ours], lr=0.03, momentum=0.9), torch.optim.SGD([theirs], lr=0.03, momentum=0.9)
    for _ in range(100):
        ours.grad = torch.randn(5, 3, generator=generator, dtype=torch.float64)
        theirs.grad = ours.grad.clone()
        for rule in rules:
            rule.step()
    assert torch.allclose(ours, theirs.detach(), rtol=1e-12, atol=1e-12)


def test_the_first_momentum_and_the_shrinking():
    """Momentum 0.5 for two steps, then 1; after each change the weight, not the velocity, loses a tenth of itself."""
    w = torch.full((1,), 10.0, dtype=torch.float64)
    rule = Descent([w], momentum=1.0, first_momentum=0.5, switch=2, shrink=0.1)
    found = steps(rule, w, [1, 1, 1], [1, 1, 1])  # dw = -1, -1.5, -2.5
    assert found == pytest.approx([(10 - 1) * 0.9, (8.1 - 1.5) * 0.9, (5.94 - 2.5) * 0.9])


def test_rates_of_the_presets():
    """Figure 4: 0.005 for 20 sweeps, then 0.01; all cases in a sweep, 1,500 of them; weights shrink by 0.2 %."""
    from firsthand.train.recipe import schedule_for

    for name, rate in (("paper", 0.01), ("laptop", 0.05)):
        recipe = PRESETS[name]
        factor = schedule_for(recipe)
        assert [recipe.optim.lr * factor(step) for step in (0, 19)] == [0.005, 0.005]
        assert [recipe.optim.lr * factor(step) for step in (20, 1499)] == pytest.approx([rate, rate])
        assert (recipe.steps, recipe.batch, recipe.tolerance, recipe.tolerated) == (1500, 100, 0.2, "unit")
        assert (recipe.optim.first_momentum, recipe.optim.switch, recipe.optim.momentum) == (0.5, 20, 0.9)
    assert PRESETS["paper"].optim.shrink == 0.002


# Training, by the engine and many runs at once


@pytest.fixture
def short(tmp_path, without_figures):
    """short(folder, changes) trains `laptop` for 30 sweeps, past the switch of rate and momentum."""

    def start(folder: str, changes: dict | None = None, preset: str = "laptop"):
        changes = {"steps": 30, "log_every": 1, "checkpoint_every": 10} | (changes or {})
        return firsthand.train("backprop", preset, out=tmp_path / folder, progress=False, **changes)

    return start


def test_engine_and_sweeps_agree(short):
    """A run of the engine and the same first weights in `descend`: the same error in every sweep, 1e-4 for float32."""
    run = short("run", {"optim.shrink": 0.002})
    torch.manual_seed(0)
    network = Network(Config(init=1.0))
    weights = [p.detach().clone()[None] if p.ndim > 1 else p.detach().clone()[None, None] for p in network.parameters()]
    (x, d), _ = Cases().load()

    def counts(y: Tensor) -> Tensor:
        return counted(y, d, 0.2, "unit")

    losses = []
    for sweep in descend(network.plan, x, d, weights, 30, 0.05, 0.9, (0.005, 0.5), 0.002, counts):
        losses.append(((sweep.y - d) ** 2 * counts(sweep.y)).sum().item() / 2)
    assert [row["loss"] for row in run.metrics if "loss" in row] == pytest.approx(losses[:-1], rel=1e-4)
    assert torch.allclose(run.model.layers["central"].weight, weights[4][0], atol=1e-4)


def test_runs_side_by_side_do_not_see_each_other():
    """Three runs together end where each ends alone."""
    x, d = problem("xor")
    together = first_weights(NETS["xor"], 3, 1.0, torch.Generator().manual_seed(3))
    alone = [w[1:2].clone() for w in together]
    for weights in (together, alone):
        list(descend(NETS["xor"], x, d, weights, 50, 0.5, 0.9))
    assert all(torch.allclose(w[1:2], v, atol=1e-5) for w, v in zip(together, alone, strict=True))
    assert all(w.min() >= -1 and w.max() <= 1 for w in first_weights(NETS["xor"], 50, 1.0, torch.Generator()))


def test_micro_batches_make_the_same_sum(short):
    """E is summed over the cases of a step, however they are portioned; float32's rounding after 30 sweeps."""
    whole, parts = short("whole"), short("parts", {"accumulate": 4})
    for a, b in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def test_resume(short, stop_at):
    """Stopped before and after the switch: the same bits as without a stop."""
    from firsthand.train.launch import Interrupted

    straight = short("straight")
    stop_at(15, 25)
    with pytest.raises(Interrupted):
        short("stopped")
    path = straight.path.parent / "stopped"
    with pytest.raises(Interrupted):
        firsthand.api.resume(path, progress=False)
    run = firsthand.api.resume(path, progress=False)
    assert run.metrics == straight.metrics and run.result["metrics"] == straight.result["metrics"]


@pytest.mark.parametrize("net", ["xor", "xor-skip", "parity", "encoder"])
def test_every_network_trains(net, short):
    """The error of each small problem falls."""
    name = "xor" if net == "xor-skip" else net
    changes = {"model.net": net, "data.name": name, "model.init": 1.0, "steps": 120, "log_every": 40}
    run = short("run", changes, preset="symmetry")
    losses = [row["loss"] for row in run.metrics if "loss" in row]
    assert losses[-1] < losses[0] and set(run.result["metrics"]) == {"train_loss", "train_error"}


def test_other_rules_train_it_too(short):
    """Adam has no first momentum and does not shrink; the rest of the recipe stays."""
    changes = {"optim.name": "adam", "optim.lr": 0.01, "optim.momentum": None, "optim.first_momentum": None,
               "optim.switch": None, "optim.shrink": None, "schedule.name": "constant", "schedule.drops": None,
               "schedule.factor": None}  # fmt: skip
    losses = [row["loss"] for row in short("run", changes).metrics if "loss" in row]
    assert losses[-1] < losses[0]


def test_figures_are_drawn():
    """Of the family trees and of a small network; the answers of Figure 3 are framed."""
    pictures = pytest.importorskip("firsthand.papers.backprop.pictures")
    torch.manual_seed(0)
    names = [name for name, _ in TREES.task(TREES).figures(Network())]
    assert names == ["people", "question"]
    recipe = PRESETS["symmetry"]
    assert [name for name, _ in recipe.task(recipe).figures(Network(recipe.model))] == ["weights"]
    figure = pictures.question(Network(), "Colin", "aunt")
    frames = [patch for axes in figure.axes for patch in axes.patches if not patch.get_fill()]
    assert sorted(patch.get_x() + 0.5 for patch in frames) == [9, 10]


# What the claims measure


def test_mirror_code():
    """1 : 2 : 4 and 2 : 3 : 4 in any order and sign; what is off by 4 % and by 20 % is seen to be."""
    exact = torch.tensor([[[2.0, -1, 4, -4, 1, -2], [-4, 1, -2, 2, -1, 4]]])
    assert features.mirror_code(exact) == {"1 : 2 : 4": 1, "2 : 3 : 4": 0, "mirror": 0, "ratios": [2, 4]}
    other = torch.tensor([[[3.0, -2, 4, -4, 2, -3], [-4, 2, -3, 3, -2, 4]]])
    found = features.mirror_code(torch.cat([exact, other]))
    assert found["1 : 2 : 4"] == found["2 : 3 : 4"] == 0.5 and found["ratios"] == [2, 4, 1.5, 2]
    off = exact.clone()
    off[0, 0, 0] = 2.08  # beside -2: their sum is 0.08, their mean size 2.04
    assert features.mirror_code(off)["mirror"] == pytest.approx(100 * 0.08 / 2.04, rel=1e-4)
    assert features.mirror_code(off)["1 : 2 : 4"] == 1
    off[0, 0, 0] = 2.2
    assert features.mirror_code(off)["1 : 2 : 4"] == 0
    uneven = exact.clone()
    uneven[0, 1, 0], uneven[0, 1, 5] = -4.8, 4.8
    assert features.mirror_code(uneven)["1 : 2 : 4"] == features.mirror_code(uneven)["2 : 3 : 4"] == 0
    assert features.mirror_code(exact[:0])["mirror"] is None


def test_both_codes_tell_symmetry():
    """With either, the weighted sum is 0 for the 8 symmetric vectors only; with 1 : 2 : 3 it is for others, too."""
    x, d = problem("symmetry")
    for a, b, c in ((1, 2, 4), (2, 3, 4), (3, 2, 4)):
        sums = x @ torch.tensor([a, b, c, -c, -b, -a]).float()
        assert torch.equal(sums == 0, d[:, 0] == 1) and sums[sums != 0].abs().min() == 1
    assert ((x @ torch.tensor([1, 2, 3, -3, -2, -1]).float()) == 0).sum() > 8


def test_features_of_people():
    """A unit that sees the nation only, five that see both nations alike."""
    nation = torch.tensor([1.0] * 12 + [-1.0] * 12)
    own = torch.tensor([float(generation(person)) for person in PEOPLE])
    found = features.of_people(torch.stack([nation, own, own, own, own, own])[None])
    assert found["nation"] == found["has nation"] == 1
    assert found["generation"] == pytest.approx(1) and found["alike"] == pytest.approx(1)
    assert features.explained(torch.tensor([1.0, 3.0, 1.0, 3.0]), [0, 0, 1, 1]).item() == 0
    assert features.explained(torch.tensor([0.0, 2.0, 4.0, 6.0]), [0, 0, 1, 1]).item() == pytest.approx(4 / 5)


def test_unlike_trees():
    """The English half stays; the Italian words or answers are exchanged among each other, none is lost."""
    x, d = problem("family-trees")
    english = x[:, :12].sum(1) > 0
    for kind in ("relations exchanged", "answers shuffled"):
        y, e = unlike_trees(x, d, kind, torch.Generator().manual_seed(0))
        assert torch.equal(x[english], y[english]) and torch.equal(d[english], e[english])
        assert torch.equal(y[:, :24], x[:, :24]) and not (torch.equal(x, y) and torch.equal(d, e))
        assert sorted(y[~english, 24:].sum(0).tolist()) == sorted(x[~english, 24:].sum(0).tolist())
        assert torch.equal(e.sum(0), d.sum(0))
    y, e = unlike_trees(x, d, "same tree", torch.Generator())
    assert torch.equal(x, y) and torch.equal(d, e)


def test_other_names_for_the_italians_change_nothing():
    """Permuting who is which unit permutes the weights, and no more: the errors of a run stay the same, to rounding."""
    x, d = problem("family-trees")
    order = torch.cat([torch.arange(12), 12 + torch.randperm(12, generator=torch.Generator().manual_seed(0))])
    plan, generator = NETS["family-trees"], torch.Generator().manual_seed(1)
    weights = first_weights(plan, 1, 1.0, generator)
    moved = [w.clone() for w in weights]
    moved[0], moved[8], moved[9] = weights[0][:, :, order], weights[8][:, order], weights[9][:, :, order]
    renamed = torch.cat([x[:, order], x[:, 24:]], 1), d[:, order]
    ends = [list(descend(plan, *case, w, 20, 0.05, 0.9))[-1].y for case, w in (((x, d), weights), (renamed, moved))]
    assert torch.allclose(ends[0][..., order], ends[1], atol=1e-4)


def test_firsts():
    """The sweep of the first time, kept."""
    firsts = experiments.Firsts(3)
    assert firsts.median is None and firsts.share == 0
    firsts.note(4, torch.tensor([True, False, False]))
    assert firsts.note(7, torch.tensor([True, True, False])).tolist() == [False, True, False]
    assert firsts.numbers == [4, 7] and firsts.median == 5.5 and firsts.share == pytest.approx(2 / 3)


def test_experiments_start_from_their_seed():
    """The same seed, the same numbers; another seed, others."""
    one, two, other = (experiments.small(runs=5, sweeps=150, init=1.0, rate=2.0, seed=seed) for seed in (1, 1, 2))
    assert one == two != other and one["all sweeps"]
    trees = [experiments.family_trees(runs=2, sweeps=20, seed=seed) for seed in (1, 1, 2)]
    assert trees[0] == trees[1] != trees[2]


def test_the_plateau():
    """Answering every question with the mean costs what the claims call a plateau: 24 outputs, 112 of 104 x 24 on."""
    _, d = problem("family-trees")
    mean = d.mean(0).expand_as(d)
    assert error(Node(mean), d).sum().value.item() * 100 / 104 == pytest.approx(51.2, abs=0.6)
