"""Back-propagation's networks, rule and family trees against hand calculation, published counts and printed weights."""

from math import exp

import pytest
import torch
from torch import Tensor

import firsthand
from firsthand import api
from firsthand.errors import UserError
from firsthand.papers.backprop.cases import Cases, binary, problem, right
from firsthand.papers.backprop.facts import (
    BRANCH,
    ENGLISH,
    GENERATION,
    ITALIANS,
    MEN,
    PEOPLE,
    RELATIONS,
    parents,
    questions,
    relatives,
    spouses,
)
from firsthand.papers.backprop.model import NETS, Config, Network, activities, error
from firsthand.papers.backprop.recipe import PRESETS, counted
from firsthand.papers.backprop.rule import Descent
from firsthand.papers.backprop.sweeps import descend, direct, first_weights
from firsthand.papers.backprop.tape import Node
from firsthand.train.launch import Interrupted
from firsthand.train.recipe import schedule_for

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
    converse = {"father": ("son", "daughter"), "mother": ("son", "daughter"), "husband": ("wife",), "uncle":
                ("nephew", "niece"), "aunt": ("nephew", "niece"), "brother": ("brother", "sister")}  # fmt: skip
    for person in PEOPLE:
        for relation in RELATIONS:
            found = relatives(person, relation)
            assert person not in found
            assert all((relative in MEN) is (relation in RELATIONS[0::2]) for relative in found)
            for relative in found:
                if relation in converse:
                    assert any(person in relatives(relative, back) for back in converse[relation])


def test_generations_and_branches():
    """4, 6 and 2 people of each tree; a spouse is of the same generation, a parent of the one before."""
    generation, branch = (dict(zip(PEOPLE, places, strict=True)) for places in (GENERATION, BRANCH))
    for nation in (ENGLISH, ITALIANS):
        assert [sum(generation[person] == g for person in nation) for g in range(3)] == [4, 6, 2]
        assert [sum(branch[person] == b for person in nation) for b in range(3)] == [5, 5, 2]
    for person in PEOPLE:
        assert all(generation[spouse] == generation[person] for spouse in spouses({person}))
        assert all(generation[parent] == generation[person] - 1 for parent in parents({person}))
        grandchild = branch[person] == 2
        assert all(grandchild or branch[parent] == branch[person] for parent in parents({person}))


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
    sizes = {"family-trees": 630, "symmetry": 17, "xor": 9, "xor-skip": 7, "xor-both": 11, "parity": 25, "encoder": 59}
    for net, size in sizes.items():
        network = Network(Config(net))
        assert sum(p.numel() for p in network.parameters()) == size
    matrices = [p for p in Network().parameters() if p.ndim == 2]
    assert sum(p.numel() for p in matrices) == 576
    plan = direct(NETS["family-trees"])
    assert sum(w[0].numel() for w in first_weights(plan, 2, 1.0, torch.Generator())) == 36 * 24 + 24


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
        ({"model.net": "xor-both"}, "The network xor-both learns --data.name xor, not family-trees"),
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


def test_shrinking_is_an_L2_penalty_of_another_size():
    """Both come to rest at the same weight where the penalty is shrink (1 - momentum) / lr: 0.02 for the caption.

    E = (w - 1)^2 / 2. The shrinking takes its share of the last step, too, which makes a difference below 1e-4.
    """
    ours, theirs = torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    spec = PRESETS["paper"].optim
    rate, penalty = 0.01, spec.shrink * (1 - spec.momentum) / 0.01
    assert penalty == pytest.approx(0.02)
    rules = Descent([ours], lr=rate, momentum=spec.momentum, shrink=spec.shrink), Descent([theirs], lr=rate)
    for _ in range(3000):
        ours.grad, theirs.grad = ours - 1, theirs - 1 + penalty * theirs
        for rule in rules:
            rule.step()
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-4) and theirs.item() == pytest.approx(1 / (1 + penalty))


def test_rates_of_the_presets():
    """Figure 4: 0.005 for 20 sweeps, then 0.01; all cases in a sweep, 1,500 of them; weights shrink by 0.2 %."""
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
    rates, options = (lambda number: 0.005 if number < 20 else 0.05), {"first_momentum": 0.5, "shrink": 0.002}
    for _, y in descend(network.plan, x, d, weights, 30, rates, counts, **options):
        losses.append(((y - d) ** 2 * counts(y)).sum().item() / 2)
    assert [row["loss"] for row in run.metrics if "loss" in row] == pytest.approx(losses[:-1], rel=1e-4)
    assert torch.allclose(run.model.layers["central"].weight, weights[4][0], atol=1e-4)


def test_micro_batches_make_the_same_sum(short):
    """E is summed over the cases of a step, however they are portioned; float32's rounding after 30 sweeps."""
    whole, parts = short("whole"), short("parts", {"accumulate": 4})
    for a, b in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def test_resume(short, stop_at):
    """Stopped before and after the switch: the same bits as without a stop."""
    straight = short("straight")
    stop_at(15, 25)
    with pytest.raises(Interrupted):
        short("stopped")
    path = straight.path.parent / "stopped"
    with pytest.raises(Interrupted):
        api.resume(path, progress=False)
    run = api.resume(path, progress=False)
    assert run.metrics == straight.metrics and run.result["metrics"] == straight.result["metrics"]


@pytest.mark.parametrize("net", ["xor", "xor-skip", "xor-both", "parity", "encoder"])
def test_every_network_trains(net, short):
    """The error of each small problem falls."""
    name = net.split("-")[0]
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
