"""RNN, LSTM and GRU against torch.nn's: (batch, time, input, hidden)."""

import torch
from case import Case
from torch import Tensor, nn

from firsthand.nn import GRU, LSTM, RNN

SIZES = ((32, 16, 32, 32), (32, 64, 128, 128), (64, 64, 256, 512))


def _inputs(batch: int, time: int, width: int, hidden: int) -> tuple[Tensor]:
    return (torch.randn(batch, time, width),)


def _case(ours: type[nn.Module], theirs: type[nn.Module], **options: str) -> Case:
    """One layer, forwards, from states of zero."""
    return Case(
        ours=lambda batch, time, width, hidden: ours(width, hidden, **options),
        theirs=lambda batch, time, width, hidden: theirs(width, hidden, batch_first=True, **options),
        inputs=_inputs,
        sizes=SIZES,
    )


CASES: dict[str, Case] = {
    "RNN": _case(RNN, nn.RNN),
    "RNN, relu": _case(RNN, nn.RNN, nonlinearity="relu"),
    "LSTM": _case(LSTM, nn.LSTM),
    "GRU": _case(GRU, nn.GRU),
}
