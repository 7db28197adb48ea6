"""Rebuild the variational autoencoder: samples with gradients, KL, densities, both networks, the bound, algorithm 1."""

from collections.abc import Iterator
from math import log
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, flat, within
from firsthand.papers.exercise import Case, Exercise, Identity, Mistake, Step, mistake
from firsthand.papers.vae import answers

SIZES = ((1, 1, 1), (2, 2, 1), (1, 3, 2), (3, 3, 3), (2, 4, 5))  # samples, batch, latents


def latents(generator: Generator, noise: bool = True) -> Iterator[Case]:
    """Means and log variances, and noise."""
    for samples, batch, latent in SIZES:
        made = drawn(generator, mean=(batch, latent), log_variance=(batch, latent))
        made |= drawn(generator, noise=(samples, batch, latent)) if noise else {}
        yield Case(f"{samples} samples, " * noise + f"batch {batch}, latents {latent}", made)


def points(generator: Generator) -> Iterator[Case]:
    """Samples, means and log variances."""
    for samples, batch, n in SIZES:
        made = drawn(generator, z=(samples, batch, n), mean=(batch, n), log_variance=(batch, n))
        yield Case(f"{samples} samples, batch {batch}, {n} numbers", made)


def parameters(generator: Generator, pixels: int, hidden: int, latent: int) -> dict[str, Tensor]:
    """Weights and biases by the paper's names."""
    made = drawn(generator, W_3=(hidden, pixels), b_3=(hidden,), W_4=(latent, hidden), b_4=(latent,))
    made |= drawn(generator, W_5=(latent, hidden), b_5=(latent,), W_1=(hidden, latent), b_1=(hidden,))
    made |= drawn(generator, W_2=(pixels, hidden), b_2=(pixels,))
    return {name: value / 2 for name, value in made.items()}


def pictures(generator: Generator) -> Iterator[Case]:
    """Bits, noise and parameters."""
    for samples, batch, pixels, hidden, latent in ((1, 1, 1, 1, 1), (1, 2, 3, 2, 2), (2, 2, 2, 2, 2), (3, 4, 5, 6, 3)):
        made: dict[str, Any] = {"x": torch.randint(2, (batch, pixels), generator=generator).double()}
        made |= drawn(generator, noise=(samples, batch, latent))
        made |= within("p", parameters(generator, pixels, hidden, latent))
        words = f"{samples} samples, batch {batch}, pixels {pixels}, hidden {hidden}, latents {latent}"
        yield Case(words, made)


def lessons(generator: Generator) -> Iterator[Case]:
    """Examples, batches of them, noise for each, and first parameters."""
    for count, size, samples, steps, latent in ((2, 1, 1, 1, 1), (4, 2, 1, 3, 2), (6, 3, 2, 6, 3)):
        x = torch.randint(2, (count, 4), generator=generator).double()
        batches = [torch.randperm(count, generator=generator)[:size] for _ in range(steps)]
        noises = [drawn(generator, one=(samples, size, latent))["one"] for _ in range(steps)]
        made = {"x": x, "batches": batches, "noises": noises, "p": parameters(generator, 4, 5, latent)}
        words = f"{count} examples, {steps} batches of {size}, {samples} samples, latents {latent}"
        yield Case(words, made | {"lr": 0.1, "eps": 1e-2})


def learned(answer: Any, **inputs: Any) -> tuple[Tensor, Tensor]:
    """The objectives, and all parameters in one row."""
    objectives, found = answer(*inputs.values())
    return torch.stack(list(objectives)), torch.cat([found[name].detach().flatten() for name in inputs["p"]])


def moments(answer: Any, generator: Generator) -> Tensor:
    """How far mean and variance over noise of 1 and -1 are from those of q."""
    mean, log_variance = drawn(generator, mean=(2, 3), log_variance=(2, 3)).values()
    noise = torch.tensor([1.0, -1.0], dtype=torch.float64)[:, None, None].expand(2, 2, 3)
    z = answer(mean, log_variance, noise)
    return torch.cat([z.mean(0) - mean, z.var(0, correction=0) - log_variance.exp()])


def of_the_prior(answer: Any, generator: Generator) -> Tensor:
    """How far the KL of the prior is from 0, and that of one mean of 1 from a half."""
    zeros = torch.zeros(2, 3, dtype=torch.float64)
    one = zeros.clone()
    one[1, 0] = 1
    return answer(one, zeros) - torch.tensor([0.0, 0.5])


def adds_up(answer: Any, generator: Generator) -> Tensor:
    """How far a density is from having the integral 1, by the trapezoid rule."""
    mean, log_variance = drawn(generator, mean=(1, 1), log_variance=(1, 1)).values()
    z = torch.linspace(-40, 40, 8001, dtype=torch.float64)[:, None, None]
    return answer(z, mean, log_variance).exp().sum() / 100 - 1


def agree(answer: Any, generator: Generator) -> Tensor:
    """How far both estimators are apart for noise of 1 and -1, whose mean and variance are those of N(0, I)."""
    p = parameters(generator, 4, 5, 3)
    x = torch.randint(2, (2, 4), generator=generator).double()
    noise = torch.tensor([1.0, -1.0], dtype=torch.float64)[:, None, None].expand(2, 2, 3)
    a, b = answer(x, noise, p)
    return a - b


def blank(answer: Any, generator: Generator) -> Tensor:
    """How far the bound of a network of zeros is from pixels times log 1/2."""
    p = {name: torch.zeros_like(value) for name, value in parameters(generator, 7, 5, 3).items()}
    x = torch.randint(2, (2, 7), generator=generator).double()
    return answer(x, drawn(generator, noise=(1, 2, 3))["noise"], p)[1] + 7 * log(2)


EXERCISE = Exercise(steps=(
    Step(
        minutes=5,
        statement="""
            The reparameterisation trick (section 2.4). A sample of q(z|x) = N(mean, variance) is written as a function
            of its parameters and of noise that has none, so that gradients flow through the sample:

                z = mean + sigma noise,     noise ~ N(0, I)

            The encoder gives the logarithm of the variance, log_variance = log sigma^2. There are several samples of
            noise.
            """,
        answer=answers.reparameterise,
        cases=latents,
        returns=("z",),
        identities=(Identity("noise of 1 and -1 gives the mean and the variance", moments),),
        mistakes=(
            mistake("variance-for-deviation", "torch.exp(log_variance / 2)", "torch.exp(log_variance)",
                    "That is the variance: sigma is its root, exp of half the logarithm."),
            mistake("logarithm-for-deviation", "torch.exp(log_variance / 2)", "log_variance",
                    "The encoder gives a logarithm, which may be negative: sigma is an exponential."),
            mistake("double-exponent", "log_variance / 2", "log_variance * 2", "sigma is the root of the variance."),
            mistake("root-of-the-logarithm", "torch.exp(log_variance / 2)", "log_variance.abs().sqrt()",
                    "The root of sigma^2, not of its logarithm."),
            mistake("sample-cut", "return mean + torch.exp(log_variance / 2) * noise",
                    "return (mean + torch.exp(log_variance / 2) * noise).detach()",
                    "Values hold, but no gradient flows: that is what the trick is for."),
            mistake("spread-cut", "torch.exp(log_variance / 2)", "torch.exp(log_variance / 2).detach()",
                    "Values hold, but no gradient reaches the variance: dz / dsigma is the noise."),
            mistake("no-mean", "mean + torch", "torch", "The mean is added."),
            mistake("one-noise-for-all", "* noise", "* noise[:, :1]", "Every example has noise of its own."),
            mistake("noise-divided", "* noise", "** -1 * noise", "sigma multiplies the noise."),
        ),
        hints=("sigma = exp(log_variance / 2).", "mean and sigma (batch, latent) stretch over the samples."),
    ),
    Step(
        minutes=10,
        statement="""
            How far q(z|x) is from the prior p(z) = N(0, I), in closed form (appendix B), for every example:

                -KL(q(z|x) || p(z)) = 1/2 sum_j (1 + log sigma_j^2 - mean_j^2 - sigma_j^2)

            Return the KL itself, which is never negative.
            """,
        answer=answers.kl,
        cases=lambda generator: latents(generator, noise=False),
        returns=("KL",),
        identities=(Identity("the KL of the prior is 0, and of a mean of 1 a half", of_the_prior),),
        mistakes=(
            mistake("sign", "-0.5 * (1", "0.5 * (1", "That is -KL: the KL is positive."),
            mistake("no-half", "-0.5 * (1", "-(1", "The half is missing."),
            mistake("mean-over-latents", ".sum(1)", ".mean(1)", "A sum over the latents."),
            mistake("mean-over-batch", ".sum(1)", ".sum(1).mean(0, keepdim=True).expand(len(mean))",
                    "Every example has a KL of its own."),
            mistake("deviation-for-variance", "torch.exp(log_variance))", "torch.exp(log_variance / 2))",
                    "sigma^2 is the exponential of log_variance, sigma that of its half."),
            mistake("logarithm-of-deviation", "1 + log_variance", "1 + log_variance / 2",
                    "The logarithm of the variance, not of sigma."),
            mistake("one-left-out", "(1 + log_variance", "(log_variance", "The 1 makes the KL of the prior 0."),
            mistake("mean-not-squared", "mean**2", "mean.abs()", "The mean is squared."),
            mistake("means-left-out", " - mean**2", "", "The means are part of it."),
            mistake("turned", "(1 + log_variance - mean**2 - torch.exp(log_variance))",
                    "(1 - log_variance - (1 + mean**2) / torch.exp(log_variance))",
                    "That is KL(p || q): it is of q with respect to p."),
        ),
        hints=("torch.exp(log_variance) is sigma^2.", "With mean 0 and log variance 0 the KL is 0."),
    ),
    Step(
        minutes=10,
        statement="""
            The density of a normal distribution whose n numbers are independent, as a logarithm in nats:

                log N(z; mean, sigma^2) = sum_j -1/2 (log(2 pi) + log sigma_j^2 + (z_j - mean_j)^2 / sigma_j^2)

            z is (samples, batch, n), mean and log_variance are (batch, n); return (samples, batch). (With z = x it is
            the Gaussian decoder's log p(x|z).)
            """,
        answer=answers.log_normal,
        cases=points,
        returns=("log N",),
        identities=(Identity("the density has the integral 1", adds_up),),
        mistakes=(
            mistake("no-half", "-0.5 * (log", "-(log", "The half is missing."),
            mistake("constant-left-out", "(log(2 * pi) + log_variance", "(log_variance",
                    "Without log(2 pi) the density does not add up to 1."),
            mistake("pi-left-out", "log(2 * pi)", "log(2)", "The constant is log(2 pi)."),
            mistake("variance-left-out", "log(2 * pi) + log_variance +", "log(2 * pi) +",
                    "A wide density is a low one: log sigma^2 is missing."),
            mistake("divided-by-deviation", "** 2 / torch.exp(log_variance)", "** 2 / torch.exp(log_variance / 2)",
                    "The squared distance is divided by the variance."),
            mistake("multiplied", "** 2 / torch.exp(log_variance)", "** 2 * torch.exp(log_variance)",
                    "Divide by the variance."),
            mistake("mean-over-numbers", ".sum(-1)", ".mean(-1)", "A sum over the n numbers."),
            mistake("sign", "-0.5 * (log", "0.5 * (log", "A logarithm of a density: it falls with the distance."),
            mistake("not-squared", "(z - mean) ** 2", "(z - mean).abs()", "The distance is squared."),
            mistake("logarithm-halved", "+ log_variance +", "+ log_variance / 2 +",
                    "With the half in front it is log sigma^2 in full."),
        ),
        hints=("math.log(2 * math.pi) is the constant.", "It is there n times: inside of the sum."),
    ),
    Step(
        minutes=20,
        statement="""
            Both networks (appendix C), with the weights and biases of p; a row of a matrix is what it leads to:

                encoder    h = tanh(W_3 x + b_3)     mean = W_4 h + b_4     log_variance = W_5 h + b_5
                           z as in step 1, for all samples of noise
                decoder    h = tanh(W_1 z + b_1)     logits = W_2 h + b_2     whose sigmoids are the pixels'
                probabilities

            Return mean, log_variance, z and logits.
            """,
        answer=answers.network,
        cases=pictures,
        use=flat,
        returns=("mean", "log_variance", "z", "logits"),
        mistakes=(
            mistake("heads-swapped", "return mean, log_variance, z", "return log_variance, mean, z",
                    "The mean comes first."),
            Mistake("matrices-swapped", (('p["W_4"].T + p["b_4"]', 'p["W_5"].T + p["b_5"]'),
                                         ('h @ p["W_5"].T + p["b_5"]\n    z', 'h @ p["W_4"].T + p["b_4"]\n    z')),
                    "W_4 and b_4 make the mean, W_5 and b_5 the log variance."),
            mistake("decodes-the-mean", "torch.tanh(z @", "torch.tanh((mean + 0 * noise) @",
                    "The decoder sees the samples z, not their mean."),
            mistake("decodes-the-noise", "torch.tanh(z @", "torch.tanh(noise @",
                    "The decoder sees the samples z, not the noise."),
            mistake("sample-cut", "torch.tanh(z @", "torch.tanh(z.detach() @",
                    "Values hold, but no gradient flows from the decoder through z."),
            mistake("probabilities", 'h @ p["W_2"].T + p["b_2"]', 'torch.sigmoid(h @ p["W_2"].T + p["b_2"])',
                    "Logits are what a sigmoid would turn into probabilities: leave it out."),
            mistake("encoder-rectified", 'torch.tanh(x @ p["W_3"].T + p["b_3"])',
                    '(x @ p["W_3"].T + p["b_3"]).clamp(min=0)', "The encoder's hidden units are tanh."),
            mistake("decoder-rectified", 'torch.tanh(z @ p["W_1"].T + p["b_1"])',
                    '(z @ p["W_1"].T + p["b_1"]).clamp(min=0)', "The decoder's hidden units are tanh."),
            mistake("decoder-linear", 'torch.tanh(z @ p["W_1"].T + p["b_1"])', 'z @ p["W_1"].T + p["b_1"]',
                    "The decoder's hidden units are tanh."),
            mistake("variance-squashed", 'h @ p["W_5"].T + p["b_5"]\n', 'torch.tanh(h @ p["W_5"].T + p["b_5"])\n',
                    "Both heads are linear."),
            mistake("head-bias-missing", 'h @ p["W_5"].T + p["b_5"]', 'h @ p["W_5"].T', "The heads have biases."),
        ),
        hints=("x @ W.T + b, five times.", "z has the samples in front: z @ W.T works the same."),
    ),
    Step(
        minutes=20,
        statement="""
            The lower bound of log p(x), estimated in two ways, for every example; l counts the samples of noise:

                A = mean over l of  log p(x|z_l) + log p(z_l) - log q(z_l|x)        [6]
                B = mean over l of  log p(x|z_l)  -  KL(q(z|x) || p(z))             [7]

            p(z) = N(0, I), q(z|x) = N(mean, sigma^2), and the pixels are bits:

                log p(x|z) = sum over pixels of x_i log y_i + (1 - x_i) log(1 - y_i),     y = sigmoid(logits)

            Return A and B. B is the one that is trained: it varies less.
            """,
        answer=answers.bounds,
        cases=pictures,
        use=flat,
        data=("x",),
        returns=("A", "B"),
        identities=(
            Identity("A is B for noise of 1 and -1", agree),
            Identity("a network of zeros has -log 2 for each pixel", blank),
        ),
        mistakes=(
            mistake("kl-added", "fit.mean(0) - kl(", "fit.mean(0) + kl(", "The bound is lower the larger the KL is."),
            mistake("mean-over-pixels", "torch.zeros_like(logits))).sum(-1)", "torch.zeros_like(logits))).mean(-1)",
                    "log p(x|z) is a sum over pixels: with a mean the KL wins, and nothing is learned."),
            mistake("sum-of-samples", "fit.mean(0) - kl", "fit.sum(0) - kl", "The samples are averaged."),
            mistake("no-kl", " - kl(mean, log_variance)", "", "That is an autoencoder: the KL is missing."),
            mistake("prior-left-out", "(fit + prior - posterior)", "(fit - posterior)", "A has log p(z), too."),
            mistake("posterior-added", "(fit + prior - posterior)", "(fit + prior + posterior)",
                    "log q(z|x) is taken away."),
            mistake("signs-turned", "(fit + prior - posterior)", "(fit - prior + posterior)",
                    "log p(z) is added, log q(z|x) taken away."),
            mistake("first-sample-only", "return (fit + prior - posterior).mean(0), fit.mean(0)",
                    "return (fit + prior - posterior)[0], fit[0]", "All samples are averaged."),
            mistake("loss", "return (fit + prior - posterior).mean(0), fit.mean(0) - kl(mean, log_variance)",
                    "return -(fit + prior - posterior).mean(0), kl(mean, log_variance) - fit.mean(0)",
                    "The bound, not its negative: it is made larger."),
            mistake("squared-error", "(x * logits - torch.logaddexp(logits, torch.zeros_like(logits)))",
                    "(-((x - torch.sigmoid(logits)) ** 2))", "The pixels are bits: log y or log(1 - y)."),
            mistake("ones-only", "(x * logits - torch.logaddexp(logits, torch.zeros_like(logits)))",
                    "(x * (logits - torch.logaddexp(logits, torch.zeros_like(logits))))",
                    "A pixel of 0 has a probability, too: 1 - y."),
            mistake("likelihoods-averaged", "fit.mean(0) - kl", "fit.logsumexp(0) - log(len(fit)) - kl",
                    "The mean is of logarithms here."),
            mistake("posterior-cut", "log_normal(z, mean, log_variance)\n",
                    "log_normal(z, mean.detach(), log_variance.detach())\n",
                    "Values hold, but gradients flow through mean and variance of log q, too."),
        ),
        hints=("x log y + (1 - x) log(1 - y) is x logit - log(1 + e^logit).",
               "log p(z) is log_normal with mean 0 and log variance 0."),
    ),
    Step(
        minutes=25,
        statement="""
            Algorithm 1, with Adagrad as in section 5. Step t takes the examples x[batches[t]], M of all N, and
            noises[t]; the objective is estimator B for all data, and a normal prior of all weights and biases:

                L = N / M  sum over the batch of B  -  1/2 sum over all parameters w of w^2
                G <- G + (dL/dw)^2                      from G = 0, element by element
                w <- w + lr dL/dw / (sqrt(G) + eps)     L is made larger

            Return L of every step, from before its update, and the parameters by their names. Change nothing that is
            passed in.
            """,
        answer=answers.learn,
        cases=lessons,
        use=learned,
        gradients=False,
        near=1e-8,  # rounding grows from step to step
        returns=("L", "parameters"),
        mistakes=(
            mistake("downwards", "value.detach() + lr", "value.detach() - lr", "L is made larger: upwards."),
            mistake("estimator-a", "noise, p)[1]", "noise, p)[0]", "Estimator B is the second."),
            mistake("mean-of-batch", "len(x) / len(rows) * bounds(x[rows], noise, p)[1].sum()",
                    "bounds(x[rows], noise, p)[1].mean()", "L is for all N examples: N times the mean of the batch."),
            mistake("batch-for-all", "len(x) / len(rows) * ", "", "The batch stands for all data: N / M."),
            mistake("no-prior", " + prior\n", "\n", "The parameters have a prior."),
            mistake("prior-scaled", "bounds(x[rows], noise, p)[1].sum() + prior",
                    "(bounds(x[rows], noise, p)[1].sum() + prior)", "N / M scales the batch, not the prior."),
            mistake("prior-added", "prior = -0.5 *", "prior = 0.5 *", "The prior keeps the parameters small."),
            mistake("prior-of-each-example", "[1].sum() + prior", "[1].sum() + len(x) * prior",
                    "The parameters are there once, not for each example."),
            mistake("weights-only", "for value in p.values())", "for value in p.values() if value.ndim > 1)",
                    "Biases have the prior, too."),
            mistake("plain-ascent", " / (squares[name].sqrt() + eps)", "", "Adagrad divides by the root of G."),
            mistake("no-root", "(squares[name].sqrt() + eps)", "(squares[name] + eps)", "The root of G."),
            mistake("eps-inside-root", "(squares[name].sqrt() + eps)", "(squares[name] + eps).sqrt()",
                    "eps is added to the root."),
            mistake("squares-forgotten", "squares[name] + slope**2 for", "slope**2 for", "G is a sum over all steps."),
            mistake("same-noise-always", "bounds(x[rows], noise, p)", "bounds(x[rows], noises[0], p)",
                    "Every step has noise of its own."),
            mistake("same-batch-always", "bounds(x[rows],", "bounds(x[batches[0]],",
                    "Every step has a batch of its own."),
        ),
        hints=("len(x) is N, len(batches[t]) is M.", "torch.autograd.grad(L, list(p.values())).",
               "A dictionary of G, as there is one of parameters."),
    ),
))  # fmt: skip
