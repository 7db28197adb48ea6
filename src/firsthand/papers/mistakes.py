"""Mistakes that people make in the exercises of several papers, whose answers have the same lines."""

from firsthand.papers.exercise import mistake

# Of a rule as an optimiser of torch.
OPTIMISER = (
    mistake("first-group-only", "in self.param_groups:", "in self.param_groups[:1]:", "There may be several groups."),
    mistake(
        "rate-of-the-first-group",
        'p -= group["lr"]',
        'p -= self.param_groups[0]["lr"]',
        "Every group has an lr of its own.",
    ),
    mistake(
        "state-kept-elsewhere",
        "state = self.state[p]\n",
        'state = self.__dict__.setdefault("own", {}).setdefault(p, {})\n',
        "What is not in self.state is lost when state_dict() is saved and loaded.",
    ),
)

# Of a layer that subsamples maps two by two.
SQUARES = (
    mistake("bias-missing", " + bias[:, None, None]", "", "Every map has a bias."),
    mistake("gain-shared", "gain[:, None, None]", "gain[0]", "Each map has a gain of its own."),
    mistake(
        "squares-overlap",
        "x.unfold(2, 2, 2).unfold(3, 2, 2)",
        "x.unfold(2, 2, 1).unfold(3, 2, 1)",
        "The squares lie two pixels apart, so that none is seen twice.",
    ),
)

# Of a convolution with batch normalisation.
CONV_NORM = (
    mistake(
        "one-zero-always",
        "padding=W.shape[-1] // 2",
        "padding=1",
        "A 1x1 kernel needs no zeros around: (k - 1) / 2 of them.",
    ),
    mistake("stride-left-out", "stride=stride, ", "", "`stride` is not used."),
    mistake(
        "unbiased",
        "((h - mean) ** 2).mean((0, 2, 3), keepdim=True)",
        "h.var((0, 2, 3), keepdim=True)",
        "torch's var divides by one less: the variance is a mean.",
    ),
    mistake("eps-outside-root", "(variance + 1e-5).sqrt()", "(variance.sqrt() + 1e-5)", "eps is under the root."),
)

# Of a block with a shortcut.
SHORTCUT = (
    mistake(
        "rectified-before-sum",
        "(h + around).clamp(min=0)",
        "h.clamp(min=0) + around",
        "The last rectifier comes after the addition.",
    ),
    mistake("no-last-rectifier", "(h + around).clamp(min=0)", "h + around", "The sum is rectified."),
    mistake(
        "projection-not-normalised",
        'conv_norm(x, p["W_s"], p["gamma_s"], p["beta_s"], stride)',
        'torch.conv2d(x, p["W_s"], stride=stride)',
        "The projection has batch normalisation, too.",
    ),
)

# Of the linear layer that ends a network of such blocks.
END = (
    mistake("sums-for-means", "x.mean((2, 3))", "x.sum((2, 3))", "The mean over a map's places, not the sum."),
    mistake("largest-for-mean", "x.mean((2, 3))", "x.amax((2, 3))", "The mean over a map's places."),
    mistake("no-bias", "@ W.T + b", "@ W.T", "The linear layer has a bias."),
    mistake(
        "probabilities",
        "return x.mean((2, 3)) @ W.T + b",
        "return torch.softmax(x.mean((2, 3)) @ W.T + b, 1)",
        "Logits are what a softmax would turn into probabilities: leave it out.",
    ),
)
