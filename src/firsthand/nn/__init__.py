"""The layers, from tensors up: a file a family, every operation with its readable definition."""

from firsthand.nn.activation import (
    Activation,
    ReLU,
    ScaledTanh,
    Tanh,
    log_softmax,
    relu,
    scaled_tanh,
    sigmoid,
    softmax,
    tanh,
)
from firsthand.nn.conv import Conv2d, conv2d
from firsthand.nn.definition import PAIRS, definition, definitions
from firsthand.nn.dropout import Dropout, dropout
from firsthand.nn.embedding import Embedding, embedding
from firsthand.nn.init import fan_in, fan_out, glorot_, he_, lecun_, normal_, uniform_
from firsthand.nn.linear import Linear, linear
from firsthand.nn.loss import cross_entropy, rbf_map, rbf_mle
from firsthand.nn.norm import BatchNorm1d, batch_norm
from firsthand.nn.pool import Subsample, avg_pool2d, max_pool2d, subsample
from firsthand.nn.rbf import rbf

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
