"""Options that make no sense are refused by every constructor, and tensors that do not fit by the other functions."""

from inspect import signature

import jaxtyping
import pytest
import torch
from torch.nn import Module

from firsthand import nn
from firsthand.errors import UserError
from firsthand.nn.sampling import sample

NAN, INF = float("nan"), float("inf")
SIZE = (0, -1, 2.5, True, None, "3", (3, 3))
FLAG = (0, 1, None, "yes")
DROP = (-0.1, 1.0, NAN, True, None, "half")
NUMBER = (NAN, INF, None, True, "1")
EPS = (-1.0, *NUMBER)
CONVOLUTION = {
    "in_channels": (*SIZE, 5), "out_channels": (*SIZE, 5), "kernel_size": SIZE, "stride": SIZE,
    "padding": (-1, 0.5, None, "same", (1, 1)), "bias": FLAG, "dilation": SIZE, "groups": (*SIZE, 4),
}  # fmt: skip
CHANNELS = {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "groups": 2}
POSITIONS = {"length": SIZE, "embed": SIZE}
STACK = {
    "input_size": SIZE, "hidden_size": SIZE, "num_layers": SIZE, "bias": FLAG, "dropout": DROP, "bidirectional": FLAG,
}  # fmt: skip
LAYERS = {"input_size": 5, "hidden_size": 3, "num_layers": 2}
NORM = {"features": SIZE, "eps": EPS, "momentum": (-0.1, 1.1, *NUMBER)}
LINEAR = {"in_features": SIZE, "out_features": SIZE, "bias": FLAG}

# For every layer arguments that make sense, and for every argument what does not.
CONSTRUCTORS: dict[str, tuple[dict, dict]] = {
    "AdditiveAttention": (
        {"query_size": 5, "key_size": 3, "hidden": 7},
        {"query_size": SIZE, "key_size": SIZE, "hidden": SIZE, "dropout": DROP},
    ),
    "BatchNorm1d": ({"features": 5}, NORM),
    "BatchNorm2d": ({"features": 5}, NORM),
    "Conv1d": (CHANNELS, CONVOLUTION | {"causal": FLAG}),
    "Conv2d": (CHANNELS, CONVOLUTION),
    "ConvTranspose2d": (
        {"in_channels": 2, "out_channels": 3, "kernel_size": 3, "stride": 2},
        {
            "in_channels": SIZE, "out_channels": SIZE, "kernel_size": SIZE, "stride": SIZE,
            "padding": (-1, 0.5, None, (1, 1)), "output_padding": (-1, 2, 0.5, None, (1, 1)), "bias": FLAG,
        },
    ),
    "Dropout": ({}, {"p": DROP, "scale": ("never", None, True)}),
    "Dropout2d": ({}, {"p": DROP}),
    "ELU": ({}, {"alpha": NUMBER}),
    "Embedding": ({"vocab": 11, "embed": 5}, {"vocab": SIZE, "embed": SIZE}),
    "GELU": ({}, {"form": ("none", None)}),
    "GRU": (LAYERS, STACK | {"reset": ("never", None)}),
    "HierarchicalSoftmax": ({"counts": [5, 3, 2], "embed": 7}, {"counts": ([], [3], [-1, 2]), "embed": SIZE}),
    "LSTM": (LAYERS, STACK | {"form": ("2000", None)}),
    "LayerNorm": ({"features": 5}, {"features": SIZE, "eps": EPS}),
    "LeakyReLU": ({}, {"slope": NUMBER}),
    "LearnedPositions": ({"length": 7, "embed": 5}, POSITIONS),
    "Linear": ({"in_features": 5, "out_features": 7}, LINEAR),
    "MaskedLinear": ({"in_features": 5, "out_features": 7}, LINEAR),
    "MultiheadAttention": (
        {"embed": 6, "heads": 2},
        {
            "embed": (*SIZE, 5), "heads": (*SIZE, 4), "dropout": DROP, "bias": FLAG,
            "kdim": (0, -1, 2.5, True), "vdim": (0, -1, 2.5, True), "key_size": (0, -1, 2.5, True),
        },
    ),
    "RNN": (LAYERS, STACK | {"nonlinearity": ("sin", None)}),
    "SinusoidalPositions": ({"length": 7, "embed": 5}, POSITIONS),
    "Subsample": ({"channels": 3}, {"channels": SIZE}),
}  # fmt: skip


def test_every_argument_of_every_layer_is_here():
    public = {name: getattr(nn, name) for name in nn.__all__}
    layers = {name: layer for name, layer in public.items() if isinstance(layer, type) and issubclass(layer, Module)}
    for name, layer in layers.items():
        arguments = {} if layer.__init__ is Module.__init__ else signature(layer).parameters
        assert set(arguments) == set(CONSTRUCTORS.get(name, ({}, {}))[1]), name


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_a_constructor_refuses_what_makes_no_sense(name, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as it is where no tests run
    good, wrong = CONSTRUCTORS[name]
    getattr(nn, name)(**good)
    for argument, values in wrong.items():
        for value in values:
            with pytest.raises(UserError, match=r"^[A-Z0-9].*\.$"):
                getattr(nn, name)(**good | {argument: value})


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


MISFITS = {
    "gaussian_kl: variances": lambda: nn.gaussian_kl(zeros(3, 5), zeros(3, 1)),
    "negative_sampling: targets": lambda: nn.negative_sampling(zeros(3, 5), zeros(3, 1), zeros(3, 2, 5)),
    "negative_sampling: noise": lambda: nn.negative_sampling(zeros(3, 5), zeros(3, 5), zeros(1, 2, 5)),
    "negative_sampling: keep": lambda: nn.negative_sampling(
        zeros(3, 5), zeros(3, 5), zeros(3, 2, 5), torch.ones(3, 1, dtype=torch.bool)
    ),
    "nll: a target of -1": lambda: nn.nll(zeros(2, 3), torch.tensor([0, -1])),
    "nll: a target of 3": lambda: nn.nll(zeros(2, 3), torch.tensor([0, 3]), ignore_index=-1),
    "nll: float targets": lambda: nn.nll(zeros(2, 3), zeros(2)),
    "rbf_mle: a target of 3": lambda: nn.rbf_mle(zeros(2, 3), torch.tensor([0, 3])),
    "rbf_map: a target of -1": lambda: nn.rbf_map(zeros(2, 3), torch.tensor([0, -1])),
    "HierarchicalSoftmax: a word of -1": lambda: nn.HierarchicalSoftmax([3, 2], 5)(zeros(2, 5), torch.tensor([0, -1])),
    "HierarchicalSoftmax: width": lambda: nn.HierarchicalSoftmax([3, 2], 5).log_probabilities(zeros(2, 3)),
    "global_avg_pool2d: no batch": lambda: nn.global_avg_pool2d(zeros(3, 5, 7)),
    "global_avg_pool2d: volumes": lambda: nn.global_avg_pool2d(zeros(2, 3, 5, 7, 2)),
    "dropout2d: no channels": lambda: nn.dropout2d(zeros(3), 0.5),
    "padding_mask: float lengths": lambda: nn.padding_mask(zeros(3), 5),
    "padding_mask: pairs": lambda: nn.padding_mask(torch.ones(3, 2, dtype=torch.int64), 5),
    "additive_weights: scores": lambda: nn.additive_weights(zeros(2, 3, 5), zeros(2, 4, 5), zeros(1, 5)),
    "SinusoidalPositions: a start of -1": lambda: nn.SinusoidalPositions(7, 5)(zeros(2, 3, 5), start=-1),
    "masked_linear: bias": lambda: nn.masked_linear(zeros(2, 5), zeros(3, 5), zeros(3, 5), zeros(1)),
    "sinusoids: length": lambda: nn.sinusoids(-1, 5),
    "normal_: std": lambda: nn.normal_(zeros(3), -1.0),
    "uniform_: bound": lambda: nn.uniform_(zeros(3), NAN),
    "sample: temperature nan": lambda: sample(zeros(2, 3), temperature=NAN),
    "sample: temperature inf": lambda: sample(zeros(2, 3), temperature=INF),
    "sample: temperature 1e-40": lambda: sample(zeros(2, 3), temperature=1e-40),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_one_sentence(name, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(UserError, match=r"\.$|likeliest token"):
        MISFITS[name]()
