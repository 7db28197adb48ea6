"""The variational autoencoder: its bound, estimators and likelihoods in closed form, its task, what it makes."""

import json
from dataclasses import replace
from math import log, pi, sqrt

import numpy as np
import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss
from PIL import Image
from scipy.stats import norm
from torch.distributions import Normal, kl_divergence
from torch.nn import Module

import firsthand
from firsthand.cli import main
from firsthand.data.specs import Vectors
from firsthand.errors import UserError
from firsthand.nn import gaussian_kl
from firsthand.options import override
from firsthand.papers.vae.likelihood import importance_sampled, quadrature
from firsthand.papers.vae.model import (
    VAE,
    Config,
    estimator_a,
    estimator_b,
    log_likelihood,
    log_normal,
    log_prior,
    reparameterise,
    score_function,
)  # fmt: skip
from firsthand.papers.vae.pictures import plane
from firsthand.papers.vae.recipe import PRESETS
from firsthand.papers.vae.tasks import Bound, Continuous
from firsthand.papers.vae.wakesleep import wake_sleep


def network(**sizes) -> VAE:
    """A small one in float64."""
    torch.manual_seed(0)
    return VAE(Config(**({"inputs": 5, "hidden": 4, "latent": 2, "start": 0.5} | sizes))).double()


def bits(count: int, inputs: int = 5) -> torch.Tensor:
    return torch.bernoulli(torch.full((count, inputs), 0.5, dtype=torch.float64))


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("hidden", "latent", "inputs", "decoder", "count"),
    [
        (500, 2, 784, "bernoulli", 788_788), (500, 3, 784, "bernoulli", 790_290),
        (500, 200, 784, "bernoulli", 1_086_184), (100, 3, 784, "bernoulli", 158_690),
        (200, 2, 560, "gaussian", 338_724), (200, 20, 560, "gaussian", 349_560),
    ],
)  # fmt: skip
def test_counts(hidden, latent, inputs, decoder, count):
    """By hand from the sizes that the paper gives."""
    made = VAE(Config(hidden, latent, decoder, inputs))
    assert sum(p.numel() for p in made.parameters()) == count


def test_divergence():
    """0 at N(0, I), 1/2 a latent at a mean of 1; the mean of log q - log p over samples; torch.distributions."""
    zero, one = torch.zeros(1, 3), torch.ones(1, 3)
    assert gaussian_kl(zero, zero).item() == 0 and gaussian_kl(one, zero).item() == 1.5
    mean, log_variance = noise(1, 3), noise(1, 3, seed=1)
    kl = gaussian_kl(mean, log_variance)
    reference = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl, reference)
    z = reparameterise(mean, log_variance, noise(100_000, 1, 3, seed=2))
    sampled = (log_normal(z, mean, log_variance) - log_prior(z)).mean()
    assert sampled.item() == pytest.approx(kl.item(), rel=0.01)  # five standard errors


def test_likelihood_of_pixels():
    """A decoder that knows nothing: 784 log 2; a Gaussian against scipy."""
    x = bits(2, 784)
    assert log_likelihood(x, torch.zeros(2, 784)).tolist() == pytest.approx([-784 * log(2)] * 2)
    logits, spread, y = noise(2, 5), noise(2, 5, seed=1), noise(2, 5, seed=2).sigmoid()
    expected = norm.logpdf(y.numpy(), logits.sigmoid().numpy(), np.exp(spread.numpy() / 2)).sum(1)
    assert log_likelihood(y, logits, spread).numpy() == pytest.approx(expected)


@pytest.mark.parametrize("decoder", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("estimator", [estimator_a, estimator_b])
def test_gradients(decoder, estimator):
    """Through the sample, by finite differences, of every weight."""
    x, eps = bits(3) * 0.8 + 0.1, noise(2, 3, 2)

    class Whole(Module):
        """The bound as a module, so that its weights can be arguments."""

        def __init__(self):
            super().__init__()
            self.made = network(decoder=decoder)

        def forward(self, *_: torch.Tensor) -> torch.Tensor:
            fit, kl = estimator(self.made, x, eps)
            return fit - kl

    whole = Whole()
    names, values = zip(*whole.named_parameters(), strict=True)

    def bound(*values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(whole, dict(zip(names, values, strict=True)), ())

    assert torch.autograd.gradcheck(bound, values)


def encoder_gradient(made: VAE, terms: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    fit, kl = terms
    return torch.autograd.grad((fit - kl).mean(), made.mean.weight)[0].flatten()


def test_three_estimators_of_one_gradient():
    """A, B and the score function, with a baseline or without, have the same mean: within 5 standard errors."""
    made, x = network(latent=1), bits(1)
    ways = {
        "A": lambda eps: estimator_a(made, x, eps),
        "B": lambda eps: estimator_b(made, x, eps),
        "score": lambda eps: score_function(made, x, eps),
        "baseline": lambda eps: score_function(made, x, eps, baseline=-3.5),
    }
    found = {}
    for name, terms in ways.items():
        parts = torch.stack([encoder_gradient(made, terms(noise(1000, 1, 1, seed=i))) for i in range(40)])
        found[name] = parts.mean(0), parts.std(0) / sqrt(40)
    for name in ("A", "score", "baseline"):
        distance = (found[name][0] - found["B"][0]).abs()
        assert (distance < 5 * (found[name][1] + found["B"][1])).all(), name
    assert found["score"][1].norm() > 3 * found["baseline"][1].norm() > 3 * found["B"][1].norm()
    eps = noise(7, 1, 1)
    assert torch.equal(torch.stack(score_function(made, x, eps)), torch.stack(estimator_b(made, x, eps)))


def test_importance_sampling():
    """Exact from one sample on where q is the posterior; in the mean it grows with k, towards the integral."""
    made, x = network(), bits(3)
    generator = torch.Generator().manual_seed(0)
    few, many = (
        torch.stack([importance_sampled(made, x, (k,), generator)[0] for _ in range(200)]).mean(0) for k in (1, 20)
    )
    (most,) = importance_sampled(made, x, (200_000,), generator)
    true = quadrature(made, x)
    assert (few < many).all() and (many < true).all()
    assert most.numpy() == pytest.approx(true.numpy(), abs=0.01)

    nodes, weights = hermegauss(60)  # of the normal density
    z = torch.tensor([(a, b) for a in nodes for b in nodes], dtype=torch.float64)
    with torch.no_grad():
        values = log_likelihood(x[:1], made.decode(z)[0].unsqueeze(1)).exp()[:, 0].numpy()
    assert true[0].item() == pytest.approx(log(values @ np.outer(weights, weights).ravel() / (2 * pi)), abs=1e-6)
    for layer in (made.mean, made.log_variance, made.decoder):
        layer.weight.data.zero_()
        layer.bias.data.zero_()
    one, more = importance_sampled(made, x, (1, 9), generator)
    assert torch.allclose(one, more) and torch.allclose(one, quadrature(made, x))


def test_wake_sleep_keeps_the_networks_apart():
    """Wake's gradient is that of log p(x|z) for the decoder; the encoder's is of log q(z|dream), whatever x is."""
    made, eps = network(), noise(2, 3, 2)
    gradients = []
    for seed in range(2):
        torch.manual_seed(seed)
        x = bits(3)
        torch.manual_seed(7)
        made.zero_grad()
        wake_sleep(made, x, eps).backward()
        gradients.append({name: p.grad.clone() for name, p in made.named_parameters()})
        mean, log_variance = made.encode(x)
        z = reparameterise(mean, log_variance, eps[:1]).detach()
        (expected,) = torch.autograd.grad(-log_likelihood(x, *made.decode(z)).mean(), made.pixels.weight)
        torch.testing.assert_close(gradients[-1]["pixels.weight"], expected)
    first, second = gradients
    assert torch.equal(first["mean.weight"], second["mean.weight"]) and first["mean.weight"].any()
    assert not torch.equal(first["decoder.weight"], second["decoder.weight"])


def test_a_pixel_that_never_changes_costs_no_infinity():
    made = network(decoder="gaussian", floor=-3.0)
    made.pixel_spread.bias.data.fill_(-50)
    assert made.decode(noise(1, 2))[1].min() == -3
    fit = log_likelihood(made.decode(noise(1, 2))[0].sigmoid(), *made.decode(noise(1, 2)))
    assert fit.item() == pytest.approx(5 * (3 - log(2 * pi)) / 2)


def task(preset: str = "digits", **changes) -> Bound:
    recipe = override(PRESETS[preset], changes)
    return recipe.task(recipe)


def test_the_weight_of_the_divergence():
    """It rises in a straight line to beta, and scores are of the bound whatever it is."""
    made = task(beta=0.5, warmup=4)
    weights = [made.batch(torch.arange(3), step)[1].tolist() for step in (0, 1, 3, 100)]
    assert weights == [[0.125] * 3, [0.25] * 3, [0.5] * 3, [0.5] * 3]
    model = made.model()
    torch.manual_seed(0)
    loss = made.loss(model, made.batch(torch.arange(3), 0))
    torch.manual_seed(0)
    found = made.scores(model, made.batch(torch.arange(3), 0))
    assert loss.item() == pytest.approx((found["loss"] - 0.875 * found["kl"]).mean().item(), rel=1e-5)
    assert task().batch(torch.arange(3), 0)[1].tolist() == [1.0] * 3


def test_scores_are_repeatable_and_leave_training_alone():
    made = task()
    model, before = made.model(), torch.get_rng_state()
    first, second = (made.measure(model, made.val, "cpu") for _ in range(2))
    assert first == second and torch.equal(torch.get_rng_state(), before)
    assert first["loss"] > first["kl"] > 0


def test_the_prior_over_weights():
    """N(0, I) over all weights and biases is a decay of 1 / N; 0 is none."""
    made = task()
    assert made.recipe.optim.weight_decay == pytest.approx(1 / len(made.train))
    (group,) = made.optimizer(made.model()).param_groups
    assert group["weight_decay"] == made.recipe.optim.weight_decay and len(group["params"]) == 10
    assert task(**{"optim.weight_decay": 0.0}).recipe.optim.weight_decay == 0


def test_levels_become_continuous():
    """Within the level's 256th part; anew at each step, alike when scored."""
    levels = torch.arange(256, dtype=torch.uint8).repeat(2, 1)
    some, indices = Continuous(levels), torch.arange(2)
    x, again, later = (some.trained(indices, step, 3)[0] for step in (0, 0, 1))
    assert torch.equal(x, again) and not torch.equal(x, later) and not torch.equal(x[0], x[1])
    assert torch.equal((x * 256).floor(), levels.float()) and torch.equal(
        some.batch(indices)[0], some.batch(indices)[0]
    )


def test_data_without_pictures_is_refused(tmp_path):
    (tmp_path / "table.csv").write_text("0,1\n1,0\n" * 10)
    with pytest.raises(UserError, match="holds no pictures: choose mnist"):
        task("laptop", data=str(tmp_path / "table.csv"))
    with pytest.raises(UserError, match="Bits have no density for a Gaussian decoder"):
        task(**{"model.decoder": "gaussian"})


def test_the_plane():
    """Centres of squares of equal probability: the first latent to the right, the second upwards."""
    points = plane(4).view(4, 4, 2)
    assert norm.cdf(points[0, :, 0]) == pytest.approx([0.125, 0.375, 0.625, 0.875], abs=1e-6)
    assert norm.cdf(points[:, 0, 1]) == pytest.approx([0.875, 0.625, 0.375, 0.125], abs=1e-6)
    assert (points[:, 1, 0] == points[0, 1, 0]).all() and (points[1, :, 1] == points[1, 0, 1]).all()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vae") / "run"
    small = {"steps": 20, "eval_every": 10, "checkpoint_every": 10, "model.hidden": 20}
    return firsthand.train("vae", "digits", out=folder, progress=False, **small)


def test_what_a_run_leaves(run):
    """Scores in nats, and figures."""
    metrics = run.result["metrics"]
    assert {"test_loss", "test_kl", "train_loss", "val_loss"} <= metrics.keys()
    found = {path.stem for path in run.folder.figures.glob("*.png")}
    assert found >= {"reconstructions", "samples", "between", "plane", "latents", "loss"}


@pytest.mark.usefixtures("without_figures")
def test_an_interrupted_run_equals_an_uninterrupted_one(tmp_path):
    """The noise of training goes on where it stopped."""
    small = {"eval_every": 10, "checkpoint_every": 10, "model.hidden": 20, "schedule.name": "constant"}
    whole = firsthand.train("vae", "digits", out=tmp_path / "whole", progress=False, steps=20, **small)
    half = firsthand.train("vae", "digits", out=tmp_path / "half", progress=False, steps=10, **small)
    rest = firsthand.resume(half.path, steps=20, progress=False)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, rest.model.state_dict()[name]), name


def test_pictures(run, tmp_path, capsys, monkeypatch):
    """The same for the same seed; a sheet from the command line; a path whose ends are the pictures themselves."""
    monkeypatch.chdir(tmp_path)
    some = run.pictures(5, seed=1)
    assert some.shape == (5, 1, 28, 28) and 0 <= some.min() and some.max() <= 1
    assert torch.equal(some, run.pictures(5, seed=1)) and not torch.equal(some, run.pictures(5))
    assert main(["sample", str(run.path), "--count", "9", "--out", "new.png", "--json"]) in (None, 0)
    assert json.loads(capsys.readouterr().out)["pictures"] == 9
    Image.fromarray(np.pad(np.full((30, 10), 255, np.uint8), 20)).save("one.png")
    path = run.pictures(3, between=("one.png", 4))
    test = run.recipe.data.load().test[4].view(28, 28).float()
    assert path.shape == (5, 1, 28, 28) and torch.equal(path[-1, 0], test)
    with torch.no_grad():
        again = run.model(path[[0, -1], 0].flatten(1))
    torch.testing.assert_close(path[[1, 3], 0].flatten(1), again)
    main(["sample", str(run.path), "--between", "one.png", "4"])
    assert "12 pictures of 28x28 pixels" in capsys.readouterr().out and (run.path / "samples.png").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--top-k", "3"], "'top_k' does not apply"),
        (["--new"], "'new' is for lines"),
        (["--count", "0"], "count must be at least 1"),
        (["--between", "0", "1800"], "no test example 1800: they are numbered from 0 to 179"),
        (["--between", "0", "none.png"], "There is no file none.png"),
        (["--out", "one.pdf"], "written into a .png file"),
        (["--between", "3"], "--between takes 2 words, not '3'"),
        (["--between", "mine.png", "0", "--out", "mine.png"], "is not a figure of `firsthand sample`"),
    ],
)
def test_mistakes(run, tmp_path, capsys, monkeypatch, words, sentence):
    """A sentence each."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.pad(np.full((30, 10), 255, np.uint8), 20)).save("mine.png")
    with pytest.raises(SystemExit) as end:
        main(["sample", str(run.path), *words])
    assert end.value.code == 2 and sentence in capsys.readouterr().err
    with pytest.raises(UserError, match="writes pictures: firsthand sample"):
        run.sample(1)


@pytest.mark.usefixtures("data_folder")
def test_faces():
    """Frey's faces with a Gaussian decoder: the network has the faces' pixels, and the bound is a density's."""
    made = task("faces", **{"model.hidden": 10})
    assert made.recipe.model.inputs == 560 and made.shape == (28, 20)
    x, _ = made.batch(torch.arange(2), 0)
    assert torch.equal((x * 256).floor().byte(), made.train.inputs[:2])
    assert replace(Vectors("frey"), limit=5).load().train.shape == (5, 560)
