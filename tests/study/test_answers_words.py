"""The answers of the exercises about words are the papers' own networks and rules, as the project has them."""

import torch
from torch.testing import assert_close

from firsthand.papers.selfattention import answers as selfattention
from firsthand.papers.selfattention import model as selfattention_model


def test_the_answers_of_self_attention_are_the_papers_network():
    """Equation 1 and its gradients, and the network's logits, in one call and going on from kept keys and values."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, n, d, dtype=torch.float64, requires_grad=True) for n, d in ((3, 4), (5, 4), (5, 2)))
    see = torch.zeros(3, 5, dtype=torch.float64)
    see[0, 3:] = see[1, 4:] = float("-inf")
    dy = torch.randn(2, 3, 2, dtype=torch.float64)
    for causal, mask in ((True, see), (False, 0 * see.nan_to_num(neginf=0))):
        found = selfattention_model.attend(q, k, v, mask)
        assert_close(selfattention.weights(q, k, causal) @ v, found)
        assert_close(selfattention.backward(q, k, v, causal, dy), torch.autograd.grad(found, (q, k, v), dy))
    config = selfattention_model.Config(7, context=9, embed=6, heads=3, layers=2, hidden=5, positions="learned")
    network = selfattention_model.SelfAttentionNetwork(config).double()
    for p in network.parameters():
        p.data.normal_()
    names = {"embedding.weight": "C", "positions.weight": "P", "norm.weight": "scale", "norm.bias": "shift",
             "output.weight": "W", "output.bias": "b"}  # fmt: skip
    inside = {"norm1.weight": "scale_1", "norm1.bias": "shift_1", "norm2.weight": "scale_2", "norm2.bias": "shift_2",
              "attention.in_proj_weight": "W_in", "attention.in_proj_bias": "b_in",
              "attention.out_proj.weight": "W_out", "attention.out_proj.bias": "b_out",
              "expand.weight": "W_1", "expand.bias": "b_1",
              "contract.weight": "W_2", "contract.bias": "b_2"}  # fmt: skip
    state = network.state_dict()
    ends = {name: state[old] for old, name in names.items()}
    blocks = [{name: state[f"blocks.{i}.{old}"] for old, name in inside.items()} for i in range(2)]
    tokens = torch.randint(7, (2, 8))
    whole = network(tokens)
    first, kept = selfattention.advance(tokens[:, :3], None, 3, ends, blocks)
    second, _ = selfattention.advance(tokens[:, 3:], kept, 3, ends, blocks)
    assert_close(torch.cat([first, second], 1), whole)
