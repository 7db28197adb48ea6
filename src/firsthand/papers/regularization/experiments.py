"""What the claims measure: signals through depth, two kinds of decay, when to stop, what regularisers are worth.

Everything random comes from `seed`: data and labels are dealt, weights drawn and batches ordered by it, and two runs
that differ in one switch share all of these, so that their difference is the switch's.
"""

from collections.abc import Callable
from math import log10
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.nn import cross_entropy
from firsthand.optim.schedule import cosine
from firsthand.papers.mlp import model as names_model
from firsthand.papers.regularization import criteria, scarce, signals
from firsthand.papers.regularization.model import Config, DeepMLP
from firsthand.papers.regularization.scarce import fit, rule, score

Numbers = dict[str, Any]


def depth(
    init: Literal["he", "glorot", "standard"] = "he",
    layers: int = 50,
    width: int = 512,
    batch: int = 256,
    seed: int = 0,
) -> Numbers:
    """How large activations and gradients are in every layer of an untrained network, beside what theory says.

    Args:
        init: first weights; in layers as wide as their input n Var[W] is 2, 1 or 1/3.
        layers: hidden layers.
        width: units of each layer, and inputs.
        batch: examples, drawn from N(0, 1), as is the gradient that is sent back from the last layer.
        seed: of weights, examples and gradient.
    """
    generator = torch.manual_seed(seed)
    found: Numbers = {}
    variances = [signals.weight_variance(init, width, width)] * layers
    for activation in ("relu", "tanh"):
        network = DeepMLP(Config(width, (width,) * layers, activation=activation, init=init))
        z, sums, activations = signals.watched(network, torch.randn(batch, width, generator=generator))
        z.backward(torch.randn(z.shape, generator=generator))
        ours = [signals.rms(z) for z in activations], [signals.rms(s.grad) for s in sums]
        theory = [[q**0.5 for q in curve] for curve in signals.expected(activation, [width] * (layers + 1), variances)]
        for kind, measured, known in zip(("signal", "gradient"), ours, theory, strict=True):
            found |= {f"{activation} {kind}s": measured, f"{activation} {kind}s expected": known}
            found[f"{activation} {kind} off"] = max(abs(log10(a / b)) for a, b in zip(measured, known, strict=True))
        found[f"{activation} signal"] = log10(ours[0][-1])
        found[f"{activation} gradient"] = log10(ours[1][0])
    return found


def thirty_layers(init: Literal["he", "glorot"] = "he", layers: int = 30, steps: int = 1000, seed: int = 0) -> Numbers:
    """Whether a deep rectifier network without normalisation starts to learn MNIST.

    Args:
        init: first weights.
        layers: hidden layers of 100 rectifiers.
        steps: steps of SGD with momentum 0.9, rate 0.01 and batches of 64.
        seed: of images, weights and order.
    """
    sets = scarce.mnist(10_000, 1000, 0.0, seed)
    torch.manual_seed(seed)
    network = DeepMLP(Config(hidden=(100,) * layers, activation="relu", init=init))
    losses = fit(network, rule(network, "sgd", 0.01, momentum=0.9), sets.train, steps, 64, seed)
    every = 50
    curve = [sum(losses[i : i + every]) / every for i in range(0, steps, every)]
    return {
        "train_loss": curve[-1],
        "test_error": score(network, sets.test)[1],
        "steps": list(range(every, steps + 1, every)),
        "losses": curve,
    }


def tanh_layers(init: Literal["glorot", "standard"] = "glorot", steps: int = 1000, seed: int = 0) -> Numbers:
    """Gradients, activations and layer Jacobians of five tanh layers on MNIST at first, and the loss after training.

    Args:
        init: first weights, GB10's normalised (equation 16) or standard (equation 1) ones.
        steps: steps of SGD with rate 0.05 and batches of 32.
        seed: of images, weights and order.
    """
    sets = scarce.mnist(10_000, 1000, 0.0, seed)
    watched_inputs, watched_targets = sets.test.inputs[:300], sets.test.targets[:300]
    torch.manual_seed(seed)
    wide = DeepMLP(Config(init=init))  # the paper's own width, for the Jacobians
    singular = signals.jacobian_values(wide, sets.test.inputs[:2])
    torch.manual_seed(seed)
    network = DeepMLP(Config(hidden=(200,) * 5, init=init))
    z, sums, activations = signals.watched(network, watched_inputs)
    cross_entropy(network.output(z), watched_targets).backward()
    gradients = [s.grad.std().item() for s in sums]
    network.zero_grad()
    losses = fit(network, rule(network, "sgd", 0.05), sets.train, steps, 32, seed)
    return {
        "ratio": gradients[0] / gradients[-1],
        "singular": sum(singular) / len(singular),
        "last std": activations[-1].std().item(),
        "train_loss": sum(losses[-100:]) / 100,
        "test_error": score(network, sets.test)[1],
        "gradients": gradients,
        "activations": [z.std().item() for z in activations],
    }


def one_step(
    method: Literal["adam", "adamw", "sgd"] = "adam", weights: int = 20_000, steps: int = 1000, seed: int = 0
) -> Numbers:
    """What decay does to weights: one step without a gradient, and how the shrinking depends on the gradient's size.

    Args:
        method: update rule; its weight_decay is an L2 penalty for adam and sgd, decoupled for adamw.
        weights: weights that shrink side by side, so that the gradients' noise averages out.
        steps: steps over which the shrinking is measured, after 200 others.
        seed: of the gradients, which are N(0, s^2) for 13 values of s.
    """
    found: Numbers = {}
    for start in (2.0, 20.0):
        w = torch.tensor([start], dtype=torch.float64, requires_grad=True)
        w.grad = torch.zeros_like(w)
        optim.RULES[method]([w], lr=0.1, weight_decay=0.5).step()
        found[f"from {start:g}"] = w.item()
    generator = torch.manual_seed(seed)
    sizes = [10.0 ** (i / 3 - 3) for i in range(13)]
    lr, decay = 1e-4, 0.1
    shrinking = []
    for size in sizes:
        w = torch.ones(weights, requires_grad=True)
        optimizer = optim.RULES[method]([w], lr=lr, weight_decay=decay)
        for step in range(steps + 200):
            if step == 200:
                before = w.detach().mean().item()
            w.grad = size * torch.randn(w.shape, generator=generator)
            optimizer.step()
        shrinking.append((1 - w.detach().mean().item() / before) / steps)
    ratio = shrinking[0] / max(shrinking[-1], 1e-12)
    return found | {"uneven": ratio, "sizes": sizes, "shrinking": shrinking}


RATES = {"sgd": (1e-2, 1e-1, 3e-1), "adam": (1e-3, 3e-3, 1e-2), "adamw": (1e-3, 3e-3, 1e-2)}
DECAYS = (0.0, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


def basin(method: Literal["adam", "adamw", "sgd"] = "adam", steps: int = 300, seed: int = 0) -> Numbers:
    """Test error of a small network on spoiled digits over a grid of learning rates and decays.

    Args:
        method: update rule. For adam and sgd the decay is lambda' of the L2 penalty; for adamw it is lambda of LH19's
            algorithm 2, the share that a weight loses in a step: the rule is given lambda / lr.
        steps: steps of batches of 100 with a cosine schedule.
        seed: of images, wrong labels, weights and order.
    """
    sets = scarce.digits(600, 100, 0.3, seed)
    found: Numbers = {}
    grid = []
    for lr in RATES[method]:
        row = []
        for decay in DECAYS:
            torch.manual_seed(seed)
            network = DeepMLP(Config(100, (256,), activation="relu", init="he"))
            optimizer = rule(network, method, lr, decay / lr if method == "adamw" else decay)
            fit(network, optimizer, sets.train, steps, 100, seed, schedule=cosine(steps))
            row.append(score(network, sets.test)[1])
        found |= {f"errors at {lr:g}": row, f"best at {lr:g}": min(row)}
        grid.append(row)
    chosen = [log10(DECAYS[row.index(min(row))] or 1e-4) for row in grid]  # no decay counts as a tenth of the least
    best, undecayed = min(min(row) for row in grid), min(row[0] for row in grid)
    return found | {"best": best, "undecayed": undecayed, "drift": chosen[-1] - chosen[0]}


def when_to_stop(
    curve: Literal["smooth", "rough"] = "smooth", nets: int = 2, epochs: int = 150, seed: int = 0
) -> Numbers:
    """Where Prechelt's 14 criteria stop on the same curves, and the test error of the weights that they return.

    Args:
        curve: of the validation loss; smooth: 1,000 images and rate 0.03; rough: 100 images and rate 0.1.
        nets: networks 784-128-10 trained, each on its own 1,000 MNIST images, a fifth of the labels replaced.
        epochs: passes over the training images in batches of 50.
        seed: of images, wrong labels, weights and order.
    """
    held, lr = (1000, 0.03) if curve == "smooth" else (100, 0.1)
    pairs = [(kind, limit) for kind, limit in criteria.CRITERIA]
    stops, errors = {pair: [] for pair in pairs}, {pair: [] for pair in pairs}
    ends, lowest, shown = [], [], {}
    for number in range(nets):
        draw = 1000 * seed + number
        sets = scarce.mnist(1000, held, 0.2, draw, standard=False)
        torch.manual_seed(draw)
        network = DeepMLP(Config(hidden=(128,), activation="relu", init="he"))
        optimizer = rule(network, "sgd", lr)
        train, val, test = [], [], []
        for epoch in range(epochs):
            losses = fit(network, optimizer, sets.train, 20, 50, 1000 * draw + epoch)
            train.append(sum(losses) / len(losses))
            val.append(score(network, sets.val)[0])
            test.append(score(network, sets.test)[1])
        for kind, limit in pairs:
            end = criteria.stop(kind, limit, train, val) or epochs
            stops[kind, limit].append(end)
            errors[kind, limit].append(test[criteria.best(val, end) - 1])
        ends.append(test[-1])
        lowest.append(criteria.best(val))
        shown = shown or {"train": train, "val": val, "test": test}
    found: Numbers = {"last": sum(ends) / nets, "best epoch": sum(lowest) / nets}
    for kind, limit in pairs:
        found[f"{kind} {limit:g} stop"] = sum(stops[kind, limit]) / nets
        found[f"{kind} {limit:g} error"] = sum(errors[kind, limit]) / nets
    fast, slow = ("GL 1", "PQ 0.5", "UP 2"), ("GL 5", "PQ 3", "UP 8")
    for measure in ("stop", "error"):
        for speed, three in (("fast", fast), ("slow", slow)):
            found[f"{speed} {measure}"] = sum(found[f"{name} {measure}"] for name in three) / 3
    return found | {
        "gain": 100 * (1 - found["slow error"] / found["fast error"]),
        "factor": found["slow stop"] / found["fast stop"],
        "never": 100 * sum(end == epochs for all_ends in stops.values() for end in all_ends) / (nets * len(pairs)),
    } | shown  # fmt: skip


PENALTIES = {"digits": (1e-2, 3e-2, 1e-1), "names": (3e-4, 1e-3)}
DROPPED = {"digits": (0.3, 0.6), "names": (0.1, 0.3)}


def regularisers(
    task: Literal["digits", "names"] = "digits",
    examples: int = 300,
    noise: float = 0.0,
    steps: int = 600,
    seed: int = 0,
) -> Numbers:
    """What each regulariser changes in the test error of digits, or in the test loss of names, on few examples.

    Every network is 256-256 rectifiers on digits and the name generator of the paper `mlp`, with 100 tanh units, on
    names. Strengths of L2 and dropout are chosen on validation data; test data only judge.

    Args:
        task: digits (error in per cent) or embedded names (nats a character).
        examples: images or names to train on.
        noise: share of the training labels of digits that are replaced.
        steps: steps of SGD with momentum 0.9 and a cosine schedule.
        seed: of examples, wrong labels, weights and order.
    """
    batch, lr = (50, 0.03) if task == "digits" else (64, 0.1)
    if task == "digits":
        sets, measure = scarce.digits(examples, 200, noise, seed, more=examples), 1
    else:
        (sets, vocab), measure = scarce.names(examples, 300, seed), 0

    def network(dropout: float, batch_norm: bool) -> Module:
        if task == "digits":
            plain = Config(100, (256, 256), activation="relu", init="he", batch_norm=batch_norm, dropout=dropout)
            return DeepMLP(plain)
        norm, gain = ("hidden", 1.0) if batch_norm else ("none", 5 / 3)
        return names_model.MLP(
            names_model.Config(vocab=vocab, hidden=(100,), batch_norm=norm, gain=gain, dropout=dropout)
        )

    def trained(
        penalty: float = 0.0, dropout: float = 0.0, batch_norm: bool = False, more: bool = False, watch: bool = False
    ) -> tuple[Module, list[tuple[float, float]]]:
        torch.manual_seed(seed)
        model, curve = network(dropout, batch_norm), []

        def look(step: int) -> None:
            if watch and step % 25 == 0:
                curve.append((score(model, sets.val)[0], score(model, sets.test)[measure]))

        fit(
            model,
            rule(model, "sgd", lr, penalty, momentum=0.9),
            sets.more if more else sets.train,
            steps,
            batch,
            seed,
            schedule=cosine(steps),
            watch=look,
        )
        return model, curve

    def chosen(options: tuple[float, ...], name: str) -> tuple[float, float]:
        """The option with the lowest validation score (the weakest of equals) and its test score."""
        rows = []
        for option in options:
            model, _ = trained(**{name: option})
            rows.append((score(model, sets.val)[measure], option, score(model, sets.test)[measure]))
        return min(rows)[1:]

    plain, curve = trained(watch=True)
    found: Numbers = {"none": score(plain, sets.test)[measure], "train": score(plain, sets.train)[measure]}
    found["penalty"], found["L2"] = chosen(PENALTIES[task], "penalty")
    found["share"], found["dropout"] = chosen(DROPPED[task], "dropout")
    found["batch norm"] = score(trained(batch_norm=True)[0], sets.test)[measure]
    found["early stopping"] = min(curve)[1]
    found["twice the data"] = score(trained(more=True)[0], sets.test)[measure]
    return found | {f"{name} effect": found[name] - found["none"] for name in EFFECTS}


EFFECTS = ("L2", "dropout", "batch norm", "early stopping", "twice the data")
GAINS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def first_scale(batch_norm: bool = False, steps: int = 200, seed: int = 0) -> Numbers:
    """How the error on digits depends on the scale of the first weights of five rectifier layers.

    Args:
        batch_norm: whether every hidden layer is normalised.
        steps: steps of SGD with momentum 0.9, rate 0.01 and batches of 64 on 800 digits.
        seed: of images, weights and order.
    """
    sets = scarce.digits(800, 100, 0.0, seed)
    errors = []
    for gain in GAINS:
        torch.manual_seed(seed)
        config = Config(100, (100,) * 5, activation="relu", init="he", gain=gain, batch_norm=batch_norm)
        network = DeepMLP(config)
        fit(network, rule(network, "sgd", 0.01, momentum=0.9), sets.train, steps, 64, seed)
        errors.append(score(network, sets.test)[1])
    fine = [gain for gain, error in zip(GAINS, errors, strict=True) if error < 10]
    return {
        "best": min(errors),
        "spread": max(errors) - min(errors),
        "width": log10(max(fine) / min(fine)) if fine else 0.0,
        "errors": errors,
    }


SPEEDS = tuple(10 ** (i / 3 - 4) for i in range(13))  # 0.0001 .. 1


def health(activation: Literal["relu", "tanh"] = "relu", steps: int = 250, seed: int = 0) -> Numbers:
    """Sizes of the updates relative to the weights, and dead or saturated units, over 13 learning rates.

    Args:
        activation: of three hidden layers of 100 units; first weights are He's for relu, Glorot's for tanh.
        steps: steps of plain SGD with batches of 64 on 800 digits.
        seed: of images, weights and order.
    """
    sets = scarce.digits(800, 100, 0.0, seed)
    rows = []  # rate, mean log10 of std(update) / std(weight), loss, units without a slope in per cent
    for lr in SPEEDS:
        torch.manual_seed(seed)
        init = "he" if activation == "relu" else "glorot"
        network = DeepMLP(Config(100, (100,) * 3, activation=activation, init=init))
        matrices = [p for p in network.parameters() if p.ndim > 1]
        seen: list[Tensor] = []

        def look(step: int, matrices=matrices, seen=seen, lr=lr) -> None:
            if step and step % 50 == 0:  # the gradient of the step before is still there
                seen.extend((lr * p.grad.std() / p.detach().std()).log10() for p in matrices)

        losses = fit(network, rule(network, "sgd", lr), sets.train, steps, 64, seed, watch=look)
        loss = sum(losses[-20:]) / 20
        if not loss < 10:  # it diverged, and so will all faster ones
            break
        _, _, activations = signals.watched(network, sets.train.inputs)
        still = sum(signals.flat(z, activation) for z in activations) / len(activations)
        rows.append((lr, torch.stack(seen).mean().item(), loss, 100 * still))
    rates, ratios, losses, silent = (list(column) for column in zip(*rows, strict=True))
    fastest = losses.index(min(losses))
    slow = [loss for ratio, loss in zip(ratios, losses, strict=True) if ratio < -4]
    return {
        "ratio": ratios[fastest],
        "rate": rates[fastest],
        "loss": losses[fastest],
        "slow loss": min(slow),
        "flat at first": silent[0],
        "flat": silent[fastest],
        "flat at the end": silent[-1],
        "rates": rates,
        "ratios": ratios,
        "losses": losses,
        "silent": silent,
    }


EXPERIMENTS: dict[str, Callable[..., Numbers]] = {
    "depth": depth,
    "thirty-layers": thirty_layers,
    "tanh-layers": tanh_layers,
    "one-step": one_step,
    "basin": basin,
    "when-to-stop": when_to_stop,
    "regularisers": regularisers,
    "first-scale": first_scale,
    "health": health,
}
