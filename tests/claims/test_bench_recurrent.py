"""The network in which claims compare units: what goes in, what comes out, where the answer is read."""

import pytest
import torch

from firsthand.claims.bench.recurrent import Recurrent
from firsthand.data.synthetic import Sequences
from firsthand.nn import GRU, LSTM, RNN


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_tokens_pieces_and_the_answer(kind):
    """Tokens are one-hot vectors; reading on is reading at once; the answer is the output at the end of each row."""
    torch.manual_seed(0)
    network = Recurrent(kind(5, 4), 1).double()
    tokens = torch.randint(5, (3, 7))
    x = torch.eye(5, dtype=torch.float64)[tokens]
    outputs = network(tokens)
    by_hand = network.layer(x)[0] @ network.output.weight.T + network.output.bias
    assert torch.equal(outputs, network(x)) and torch.allclose(outputs, by_hand, atol=1e-15)
    first, state = network.advance(tokens[:, :3])
    rest, _ = network.advance(tokens[:, 3:], state)
    assert torch.allclose(torch.cat([first, rest], 1), outputs, atol=1e-14)
    lengths = torch.tensor([7, 2, 5])
    expected = outputs[torch.arange(3), lengths - 1, 0]
    for padding in (0.0, 1e3):
        padded = torch.where(torch.arange(7)[:, None] < lengths[:, None, None], x, padding)
        assert torch.allclose(network.answer(Sequences(padded, lengths, torch.zeros(3))), expected, atol=1e-14)
