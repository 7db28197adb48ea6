"""The answers of the exercises about words are the papers' own networks and rules, as the project has them."""

import numpy as np
import torch
from torch.testing import assert_close

import firsthand
from firsthand import nn
from firsthand.data.sentences import BOS, EOS, UNK
from firsthand.data.wordpiece import WordPiece
from firsthand.papers.bahdanau import answers as bahdanau
from firsthand.papers.bahdanau import model as bahdanau_model
from firsthand.papers.bert import answers as bert
from firsthand.papers.bert import masking
from firsthand.papers.bert import model as bert_model
from firsthand.papers.selfattention import answers as selfattention
from firsthand.papers.selfattention import model as selfattention_model
from firsthand.papers.seq2seq import answers as seq2seq
from firsthand.papers.seq2seq import model as seq2seq_model
from firsthand.papers.skipgram import answers as skipgram
from firsthand.papers.skipgram import model as skipgram_model
from firsthand.papers.skipgram import sampling
from firsthand.papers.transformer import answers as transformer
from firsthand.train import decoding


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


def test_the_answers_of_word2vec_are_what_it_draws():
    """Which words stay, pairs, and shares of noise."""
    counts = np.array([3, 40, 200, 1000])
    double = torch.from_numpy(counts).double()
    assert_close(skipgram.kept(double, 0.1), torch.from_numpy(sampling.kept(counts, 0.1)))
    draws = torch.tensor([[0.0, 0.24, 0.25, 0.49, 0.5, 0.99]], dtype=torch.float64)
    assert_close(skipgram.noise(double, 0.75, draws)[0], torch.from_numpy(sampling.noise_shares(counts, 0.75)))
    halves = torch.tensor([1.0, 1.0, 2.0], dtype=torch.float64)
    assert skipgram.noise(halves, 1.0, draws)[1].tolist() == [[0, 0, 1, 1, 2, 2]]
    text, reach = torch.tensor([3, 1, 1, 2, 0]), torch.tensor([2, 1, 3, 1, 4])
    assert_close(skipgram.pairs(text, reach), torch.cat(skipgram_model.pairs(text, reach), 1))


def test_the_answers_of_word2vec_are_the_papers_network():
    """Equations 3 and 4 with the network's tables, and a step of descent for each pair."""
    torch.manual_seed(0)
    network = skipgram_model.SkipGram(skipgram_model.Config(vocab=6, embed=3)).double()
    network.output.data.normal_()
    v, u = network.input.detach().clone(), network.output.detach().clone()
    text, reach, drawn = torch.tensor([5, 1, 1, 2, 0]), torch.tensor([1, 2, 1, 1, 2]), torch.randint(6, (30, 4))
    examples = skipgram.pairs(text, reach)
    losses = skipgram.negative(v, u, *examples.T, drawn[: len(examples)])
    targets = torch.cat([examples[:, 1:], drawn[: len(examples)]], 1)
    assert_close(losses, network.loss(network(examples[:, :1], targets)).detach())
    found = skipgram.train(text, torch.ones(5, dtype=torch.bool), reach, drawn, v, u, 0.2)
    for example, target in zip(examples, targets, strict=True):
        loss = network.loss(network(example[None, :1], target[None])).sum()
        for p, slope in zip(network.parameters(), torch.autograd.grad(loss, list(network.parameters())), strict=True):
            p.data -= 0.2 * slope
    assert_close(found, (network.input.detach(), network.output.detach()))
    config = skipgram_model.Config(vocab=6, embed=3, output="hierarchical")
    network = skipgram_model.SkipGram(config, np.array([9, 1, 4, 4, 2, 7])).double()
    network.output.data.normal_()
    words = torch.tensor([[2], [5]])
    ours = skipgram.tree(network.input[words[:, 0]], network.output, network.nodes.clamp(min=0), network.branches)
    assert_close(ours, network.log_probabilities(words))


def test_the_answers_of_the_first_attention_are_the_papers_network():
    """Logits and alignments of RNNsearch; the encoder's layer has two biases, and a z that keeps."""
    torch.manual_seed(0)
    n, m = 3, 2
    network = bahdanau_model.RNNsearch(bahdanau_model.Config(vocab=9, embed=m, hidden=n, maxout=2)).double()
    for parameter in network.parameters():
        parameter.data.normal_()
    network.attention.key.bias.data.zero_()  # the paper prints none
    state = network.state_dict()

    def unit(end: str) -> dict[str, torch.Tensor]:
        W, U, *biases = (state[f"encoder.{name}_l0{end}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        return {name: torch.cat([part[:n], -part[n : 2 * n], part[2 * n :]])
                for name, part in (("W", W), ("U", U), ("b", sum(biases)))}  # fmt: skip

    names = {"source.weight": "E_x", "embedding.weight": "E_y", "start.weight": "W_s", "start.bias": "b_s",
             "attention.query.weight": "W_a", "attention.key.weight": "U_a", "attention.score": "v", "word.weight": "W",
             "word.bias": "b", "context.weight": "C", "deep.bias": "b_o", "output.weight": "W_o",
             "output.bias": "b_y"}  # fmt: skip
    p = {name: state[old] for old, name in names.items()}
    p["U"] = torch.cat([state["gates.weight"], state["candidate.weight"]])
    p["U_o"], p["V_o"], p["C_o"] = state["deep.weight"].split([n, m, 2 * n], 1)
    lengths = torch.tensor([4, 2])
    source = torch.randint(4, 9, (2, 4)) * (torch.arange(4) < lengths[:, None])  # the padding is token 0
    target = torch.randint(4, 9, (2, 3))
    logits, weights = bahdanau.translate(source, lengths, target, unit(""), unit("_reverse"), p)
    assert_close(logits, network(source, target).detach())
    assert_close(weights, network.alignments(source, target))


def test_the_answers_of_sequence_to_sequence_are_the_papers_network():
    """Logits of a deep LSTM that reads backwards, whose layers have two biases, and the loss of a sentence."""
    torch.manual_seed(0)
    network = seq2seq_model.Seq2Seq(seq2seq_model.Config(vocab=9, embed=3, hidden=3, layers=2)).double()
    for parameter in network.parameters():
        parameter.data.normal_()
    state = network.state_dict()

    def side(name: str, table: torch.Tensor) -> dict[str, torch.Tensor]:
        of = [[state[f"{name}.{part}_l{i}"] for i in range(2)]
              for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]  # fmt: skip
        W, U, b_ih, b_hh = map(torch.stack, of)
        return {"C": table, "W": W, "U": U, "b": b_ih + b_hh}

    table = state["embedding.weight"].clone()
    table[0] = table[BOS]  # the begin is token 0
    decoder = side("decoder", table) | {"V": state["output.weight"], "d": state["output.bias"]}
    lengths = torch.tensor([4, 2])
    source = torch.randint(4, 9, (2, 4)) * (torch.arange(4) < lengths[:, None])
    target = torch.randint(4, 9, (2, 3))
    assert torch.equal(seq2seq.backwards(source, lengths), seq2seq_model.backwards(source, lengths))
    found = seq2seq.logits(source, lengths, target, side("encoder", state["source.weight"]), decoder)
    assert_close(found, network(source, target).detach())
    whole = torch.nn.functional.cross_entropy(found.flatten(0, 1), target.flatten(), reduction="sum") / 2
    assert_close(seq2seq.loss(found, target, torch.tensor([3, 3])), whole)


class Table:
    """A decoder to which the next token depends on the last one alone."""

    def __init__(self, logits: torch.Tensor):
        self.logits = logits

    def encode(self, source: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (source,)

    def decode(self, tokens: torch.Tensor, memory: tuple, past: tuple | None = None) -> tuple[torch.Tensor, tuple]:
        return self.logits[tokens], (tokens[:, -1:],)


def test_the_search_of_sequence_to_sequence_is_the_one_that_translates():
    """The same tokens and log-probabilities, for beams of 1, 2 and 3 in forty languages."""
    torch.manual_seed(0)
    compared = 0
    for beam in (1, 2, 3):
        for logits in torch.randn(40, 8, 8):
            logits[:, EOS] += 1
            logits[:, [0, BOS, UNK]] = -torch.inf  # these are never written
            options = decoding.Decoding(beam=beam, alpha=0.0, extra=30)
            theirs = decoding.search(Table(logits), torch.tensor([[5]]), options)[0][0]
            logs = logits.log_softmax(1)
            tokens, total = seq2seq.search(lambda tokens, logs=logs: logs[tokens[-1] if tokens else BOS], beam, EOS, 30)
            if theirs.ended:  # greedy, some go round in circles
                compared += 1
                assert tokens == [*theirs.tokens, EOS]
                assert abs(total - theirs.log_p) < 1e-4  # theirs is summed up in float32
    assert compared > 80


def test_the_answers_of_bert_are_the_papers_network():
    """Both losses of two layers with the same weights, padding and a second span among the inputs."""
    torch.manual_seed(0)
    network = (
        bert_model.BERT(bert_model.Config(vocab=9, hidden=6, layers=2, heads=3, feed=5, length=10)).double().eval()
    )
    for parameter in network.parameters():
        parameter.data.normal_()
    state = network.state_dict()

    def named(prefix: str, **names: str) -> dict[str, torch.Tensor]:
        return {name: state[prefix + old] for name, old in names.items()}

    norm = {"scale": "norm.weight", "shift": "norm.bias"}
    below = named("encoder.", E="embedding.weight", P="positions.weight", S="segments.weight", **norm)
    above = named("", W_t="transform.weight", b_t="transform.bias", b="bias", **norm)
    pair = named("", W_p="encoder.pooler.weight", b_p="encoder.pooler.bias", W_n="next.weight", b_n="next.bias")
    layers = [
        named(f"encoder.layers.{i}.", W_in="attention.in_proj_weight", b_in="attention.in_proj_bias",
              W_out="attention.out_proj.weight", b_out="attention.out_proj.bias", W_1="expand.weight",
              b_1="expand.bias", W_2="contract.weight", b_2="contract.bias", scale_1="attention_norm.weight",
              shift_1="attention_norm.bias", scale_2="norm.weight", shift_2="norm.bias")
        for i in range(2)
    ]  # fmt: skip
    rows = [bert.pack([5, 7, 8], [4, 6], 9), bert.pack([8, 8], [], 9)]
    tokens, segments = (torch.stack(part) for part in zip(*rows, strict=True))
    targets = torch.full_like(tokens, bert.NOTHING)
    targets[0, 2], targets[0, 5], targets[1, 1] = 4, 6, 7
    follows = torch.tensor([1, 0])
    found = bert.pretrain(tokens, segments, targets, follows, 3, [below, above, pair], layers)
    words, pairs = network.pretrain(torch.stack([tokens, segments], 1), targets != bert.NOTHING)
    cross_entropy = torch.nn.functional.cross_entropy
    assert_close(found, (cross_entropy(words, targets[targets != bert.NOTHING]), cross_entropy(pairs, follows)))


def test_the_answers_of_bert_hide_the_same_words():
    """With the numbers that the paper's own function draws."""
    vocabulary = WordPiece(("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]", *map(str, range(30))))
    tokens = torch.randint(4, 35, (40, 30), generator=torch.Generator().manual_seed(0))
    tokens[:, 0], tokens[:, 20], tokens[:, 26:] = bert.CLS, bert.SEP, bert.PAD
    generator = torch.Generator().manual_seed(1)
    order, what = (torch.rand(tokens.shape, generator=generator) for _ in range(2))
    others = torch.randint(len(vocabulary), tokens.shape, generator=generator)
    theirs = masking.masked(tokens, vocabulary, torch.Generator().manual_seed(1))
    assert_close(bert.hide(tokens, order, what, others), theirs)


def test_the_answers_of_the_transformer_are_the_papers_layers():
    """With the same weights, padding in the source, and the future hidden in the target."""
    torch.manual_seed(0)
    layers = firsthand.get("transformer").module("layers")
    encoder = layers.EncoderLayer(6, 3, 8, None, 0.0, "post").double()
    decoder = layers.DecoderLayer(6, 3, 8, None, 0.0, "post").double()
    for p in (*encoder.parameters(), *decoder.parameters()):
        p.data.normal_()

    def matrices(attention):
        return dict(zip(("W_q", "W_k", "W_v"), attention.in_proj_weight.chunk(3), strict=True)) | {
            "W_o": attention.out_proj.weight
        }

    def named(attention, feed, norms):
        maps = {
            "W_1": feed.expand.weight,
            "b_1": feed.expand.bias,
            "W_2": feed.contract.weight,
            "b_2": feed.contract.bias,
        }
        ends = {f"{name}_{i}": value for i, one in enumerate(norms, 1) for name, value in
                (("scale", one.norm.weight), ("shift", one.norm.bias))}  # fmt: skip
        return matrices(attention) | maps | ends

    x, y = torch.randn(2, 4, 6, dtype=torch.float64), torch.randn(2, 3, 6, dtype=torch.float64)
    keep = torch.tensor([[True] * 4, [True, True, False, False]])
    memory = encoder(x, keep[:, None, None])
    p = named(encoder.attention, encoder.feed, encoder.sums)
    assert_close(transformer.encoder_layer(x, keep[:, None], 3, p), memory)
    theirs, _ = decoder(y, (keep[:, None, None], *decoder.cross.offer(memory)))
    own = named(decoder.attention, decoder.feed, decoder.sums[:1])
    cross = named(decoder.cross, decoder.feed, decoder.sums[1:])
    assert_close(transformer.decoder_layer(y, memory, keep[:, None], 3, own, cross), theirs)
    table = nn.SinusoidalPositions(9, 6)(torch.zeros(1, 9, 6, dtype=torch.float64))[0]
    assert_close(transformer.positions(9, 6), table, atol=1e-6, rtol=0)  # a table in float32
