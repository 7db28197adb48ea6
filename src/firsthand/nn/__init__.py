"""The layers, from tensors up: a file a family, every operation with its readable definition."""

from .activation import Activation, ReLU, ScaledTanh, Tanh, log_softmax, relu, scaled_tanh, sigmoid, softmax, tanh
from .conv import Conv2d, conv2d
from .definition import PAIRS, definition, definitions
from .dropout import Dropout, dropout
from .embedding import Embedding, embedding
from .init import fan_in, fan_out, glorot_, he_, lecun_, normal_, uniform_
from .linear import Linear, linear
from .loss import cross_entropy, rbf_map, rbf_mle
from .norm import BatchNorm1d, batch_norm
from .pool import Subsample, avg_pool2d, max_pool2d, subsample
from .rbf import rbf

__all__ = [
    "PAIRS",
    "Activation",
    "BatchNorm1d",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Linear",
    "ReLU",
    "ScaledTanh",
    "Subsample",
    "Tanh",
    "avg_pool2d",
    "batch_norm",
    "conv2d",
    "cross_entropy",
    "definition",
    "definitions",
    "dropout",
    "embedding",
    "fan_in",
    "fan_out",
    "glorot_",
    "he_",
    "lecun_",
    "linear",
    "log_softmax",
    "max_pool2d",
    "normal_",
    "rbf",
    "rbf_map",
    "rbf_mle",
    "relu",
    "scaled_tanh",
    "sigmoid",
    "softmax",
    "subsample",
    "tanh",
    "uniform_",
]
