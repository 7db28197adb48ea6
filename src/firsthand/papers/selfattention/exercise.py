"""Rebuild self-attention: weights, gradients by hand, heads that remember, a block, and a network that writes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.cases import drawn, flat, within
from firsthand.papers.exercise import Case, Exercise, Identity, Step, mistake
from firsthand.papers.selfattention.answers import advance, backward, block, self_attention, weights

# batch, queries, keys, d_k, and whether no query sees a later key
SIZES = ((1, 1, 1, 1, False), (1, 1, 3, 2, True), (2, 2, 2, 2, True), (2, 3, 3, 4, False), (3, 2, 5, 3, True))
# batch, time, tokens seen before, d, heads
TEXTS = ((1, 1, 0, 2, 1), (1, 2, 0, 3, 1), (1, 1, 2, 4, 2), (2, 3, 3, 6, 3), (3, 4, 2, 6, 2))
# batch, tokens of the first and of the second call, vocab, d, heads
CALLS = ((1, 1, 0, 2, 3, 1), (1, 1, 1, 3, 4, 1), (2, 2, 3, 5, 6, 3))


def looks(generator: Generator, values: bool = False) -> Iterator[Case]:
    """Queries and keys, with a look ahead and without; if asked for, values of another size and a gradient."""
    for batch, queries, keys, d, causal in SIZES:
        made: dict[str, Any] = drawn(generator, q=(batch, queries, d), k=(batch, keys, d))
        made |= drawn(generator, v=(batch, keys, d + 1)) if values else {}
        made["causal"] = causal
        made |= drawn(generator, dy=(batch, queries, d + 1)) if values else {}
        yield Case(f"batch {batch}, queries {queries}, keys {keys}, d_k {d}" + ", causal" * causal, made)


def matrices(generator: Generator, d: int, whole: bool = False) -> dict[str, Tensor]:
    """The parameters of the heads; of a whole block with its norms and its two maps."""
    made = drawn(generator, W_in=(3 * d, d), b_in=(3 * d,), W_out=(d, d), b_out=(d,))
    if not whole:
        return made
    norms = ("scale_1", "shift_1", "scale_2", "shift_2", "b_2")
    return made | drawn(generator, W_1=(d + 3, d), b_1=(d + 3,), W_2=(d, d + 3), **dict.fromkeys(norms, (d,)))


def texts(generator: Generator, whole: bool = False) -> Iterator[Case]:
    """Tokens after others that were read before."""
    for batch, time, seen, d, heads in TEXTS:
        d = max(d, 3 * heads) if whole else d  # a norm of two numbers is always -1 and 1
        past = (batch, heads, seen, d // heads)
        made = drawn(generator, x=(batch, time, d), past_k=past, past_v=past)
        own = matrices(generator, d, whole)
        made |= within("p", own) if whole else own
        yield Case(f"batch {batch}, time {time} after {seen}, d {d}, heads {heads}", made)


def networks(generator: Generator) -> Iterator[Case]:
    """Tokens in two parts, and the parameters of two blocks and of both ends."""
    for batch, first, second, vocab, d, heads in CALLS:
        norm = dict.fromkeys(("scale", "shift"), (d,))
        ends = drawn(generator, C=(vocab, d), P=(first + second + 2, d), **norm, W=(vocab, d), b=(vocab,))
        made: dict[str, Any] = {"tokens": torch.randint(vocab, (batch, first + second), generator=generator)}
        made |= {"first": first, "heads": heads} | within("ends", ends)
        for part in ("lower", "upper"):
            made |= within(part, matrices(generator, d, whole=True))
        yield Case(f"batch {batch}, {first} and {second} tokens, vocab {vocab}, d {d}, heads {heads}", made)


def in_two_calls(answer: Any, **inputs: Any) -> tuple[Tensor, ...]:
    """Logits of the tokens in two calls, and what both blocks keep."""

    def use(tokens: Tensor, first: int, heads: int, ends: Any, lower: Any, upper: Any) -> tuple[Tensor, ...]:
        logits, state = answer(tokens[:, :first], None, heads, ends, [lower, upper])
        if first < tokens.shape[1]:
            more, state = answer(tokens[:, first:], state, heads, ends, [lower, upper])
            logits = torch.cat([logits, more], 1)
        (k_1, v_1), (k_2, v_2) = state
        return logits, k_1, v_1, k_2, v_2

    return flat(use, **inputs)


def sums(answer: Any, generator: Generator) -> Tensor:
    """How far the weights of a query are from adding up to 1."""
    q, k = drawn(generator, q=(2, 3, 4), k=(2, 5, 4)).values()
    return answer(q, k, True).sum(-1) - 1


def same_for_all(answer: Any, generator: Generator) -> Tensor:
    """How far the weights change when one vector is added to all keys."""
    q, k, more = drawn(generator, q=(2, 3, 4), k=(2, 5, 4), more=(4,)).values()
    return answer(q, k + more, True) - answer(q, k, True)


def keys_together(answer: Any, generator: Generator) -> Tensor:
    """How far the gradients of all keys are from adding up to 0."""
    q, k, v, dy = drawn(generator, q=(2, 3, 4), k=(2, 5, 4), v=(2, 5, 3), dy=(2, 3, 3)).values()
    return answer(q, k, v, True, dy)[1].sum(-2)


def one_by_one(answer: Any, generator: Generator) -> Tensor:
    """How far the outputs of tokens that come one by one are from those of all at once."""
    (*_, case) = texts(generator)
    x, past_k, past_v, *rest = case.inputs.values()
    whole, found = answer(x, past_k, past_v, *rest)[0], []
    for t in range(x.shape[1]):
        y, past_k, past_v = answer(x[:, t : t + 1], past_k, past_v, *rest)
        found.append(y)
    return torch.cat(found, 1) - whole


def causal(answer: Any, generator: Generator) -> Tensor:
    """How far the first logits change when the last token does."""
    (*_, case) = networks(generator)
    other = case.inputs["tokens"].clone()
    other[:, -1] = (other[:, -1] + 1) % 5
    inputs = dict(case.inputs) | {"first": other.shape[1]}
    return (in_two_calls(answer, **inputs | {"tokens": other})[0] - in_two_calls(answer, **inputs)[0])[:, :-1]


EXERCISE = Exercise(steps=(
    Step(
        minutes=15,
        statement="""
            How much query i looks at key j; d_k is the number of entries of a query, and of a key:

                A = softmax(Q K^T / sqrt(d_k) + M)        every row of A adds up to 1

            M is 0 everywhere unless `causal`. Then no query sees a key that comes after it: there m_ij is -infinity.
            The last query stands at the last key: with 2 queries and 5 keys the queries stand at the places 4 and 5, so
            that the first sees 4 keys and the second all 5. There are never more queries than keys. `*batch` stands for
            any number of axes in front.
            """,
        answer=weights,
        cases=looks,
        returns=("A",),
        identities=(
            Identity("the weights of every query add up to 1", sums),
            Identity("one vector added to all keys changes nothing", same_for_all),
        ),
        mistakes=(
            mistake("not-scaled", " / sqrt(q.shape[-1])", "",
                    "A dot product of d_k terms has variance d_k: divide the scores by its root."),
            mistake("scaled-without-root", "/ sqrt(q.shape[-1])", "/ q.shape[-1]", "Divide by the root of d_k."),
            mistake("multiplied-by-root", "/ sqrt(q.shape[-1])", "* sqrt(q.shape[-1])",
                    "Divide: the scale makes large scores smaller."),
            mistake("softmax-over-queries", "torch.softmax(scores, dim=-1)", "torch.softmax(scores, dim=-2)",
                    "The softmax is over the keys: the weights of one query add up to 1."),
            mistake("first-query-at-first-key", ".tril(keys - queries)", ".tril()",
                    "With fewer queries than keys the queries are the newest tokens: the last one sees every key."),
            mistake("sees-the-future", "if causal:", "if False:", "`causal` is not used."),
            mistake("always-causal", "if causal:", "if True:", "Without `causal` every query sees every key."),
            mistake("past-hidden", "masked_fill(~past,", "masked_fill(past & ~past.all(-1, keepdim=True),",
                    "The mask is turned round: the keys that a query may look at are hidden."),
            mistake("masked-with-zero", 'float("-inf")', "0.0",
                    "exp(0) is 1: a score of 0 still has weight. Forbidden scores are -infinity."),
            mistake("masked-after-softmax", "return torch.softmax(scores, dim=-1)",
                    "return torch.softmax(q @ k.mT / sqrt(q.shape[-1]), dim=-1) * scores.isfinite()",
                    "Weights set to 0 after the softmax leave rows that do not add up to 1: mask the scores."),
            mistake("no-softmax", "torch.softmax(scores, dim=-1)", "scores.exp()",
                    "Divide by the sum over the keys, as a softmax does."),
        ),
        hints=("k.mT, or k.transpose(-2, -1), is K^T whatever stands in front.",
               "tril(n) of ones keeps n diagonals above the main one: n is 0 for as many queries as keys.",
               "masked_fill with -inf comes before the softmax over the last dimension."),
    ),
    Step(
        minutes=20,
        statement="""
            The output of attention is Y = A V with the A of step 1. Given dY, the gradient of a loss with respect to Y,
            write those with respect to Q, K and V, in this order, with matrix products and without autograd. The chain
            rule, through the softmax of every row:

                dV = A^T dY
                dA = dY V^T
                ds_ij = a_ij (da_ij - sum over l of a_il da_il)        s are the scores that the softmax sees
                dQ, dK: from dS, as S = Q K^T / sqrt(d_k)

            `causal` is as in step 1; a weight that is 0 has no gradient.
            """,
        answer=backward,
        cases=lambda generator: looks(generator, values=True),
        gradients=False,
        returns=("dQ", "dK", "dV"),
        identities=(Identity("the gradients of all keys add up to 0", keys_together),),
        mistakes=(
            mistake("softmax-element-by-element", "(da - (a * da).sum(-1, keepdim=True))", "(1 - a) * da",
                    "A softmax is no sigmoid: raising one score lowers the other weights of the row."),
            mistake("row-sum-missing", "(da - (a * da).sum(-1, keepdim=True))", "da",
                    "The sum over the row is missing: every row of dS adds up to 0."),
            mistake("row-sum-unweighted", "(a * da).sum(-1, keepdim=True)", "da.mean(-1, keepdim=True)",
                    "What is taken away is the mean of dA weighted by A, not the plain one."),
            mistake("sum-over-queries", "(a * da).sum(-1, keepdim=True)", "(a * da).sum(-2, keepdim=True)",
                    "The sum is over the keys of one query: along the last dimension."),
            mistake("not-weighted", "ds = a * (da", "ds = (da", "Every entry of dS has the factor a_ij."),
            mistake("not-scaled", " / sqrt(q.shape[-1])", "",
                    "S has the factor 1 / sqrt(d_k), and so has its gradient."),
            mistake("keys-not-scaled", "ds.mT @ q", "ds.mT @ q * sqrt(q.shape[-1])",
                    "dK has the factor 1 / sqrt(d_k), too."),
            mistake("queries-not-scaled", "ds @ k", "ds @ k * sqrt(q.shape[-1])",
                    "dQ has the factor 1 / sqrt(d_k), too."),
            mistake("sees-the-future", "a = weights(q, k, causal)", "a = weights(q, k, False)",
                    "`causal` is not used: the weights must be those of the forward pass."),
            mistake("gradients-of-scores-for-values", "a.mT @ dy", "ds.mT @ dy",
                    "V is mixed by the weights A; the scores have no direct part in dV."),
            mistake("keys-before-queries", "return ds @ k, ds.mT @ q,", "return ds.mT @ q, ds @ k,",
                    "Return dQ, dK, dV, in this order."),
        ),
        hints=("Keep A: it appears in dV, and twice in dS.",
               "keepdim=True lets the sum of each row be taken away from all its entries.",
               "S = Q K^T: dQ = dS K, and dK = dS^T Q."),
    ),
    Step(
        minutes=20,
        statement="""
            Tokens ask themselves and those before them. The rows of W_in and b_in hold queries, keys and values:

                (q, k, v) = W_in x + b_in          of every token of x

            Within q, k and v head 1 has the first d_k = d / heads entries, head 2 the next ones, and so on; each head
            compares and mixes its own. past_k and past_v are the keys and values of the tokens that were read before,
            `seen` of them, none at the start of a text; those of x come after them. With the causal weights of step 1,
            in every head:

                found = weights(q, all keys) all values
                y = W_out (found of head 1, ..., found of the last head, side by side) + b_out

            Return y, all keys and all values, so that the next call can go on from there.
            """,
        answer=self_attention,
        cases=texts,
        returns=("y", "keys", "values"),
        identities=(Identity("tokens one by one give what all at once give", one_by_one),),
        mistakes=(
            mistake("past-forgotten", "k, v = torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)", "",
                    "The tokens that were read before are not looked at: their keys and values come first."),
            mistake("past-behind", "torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)",
                    "torch.cat([k, past_k], 2), torch.cat([v, past_v], 2)",
                    "The past comes before the new tokens."),
            mistake("sees-the-future", "causal=True", "causal=False",
                    "No token looks at those after it: causal weights."),
            mistake("keys-first", "q, k, v = sums", "k, q, v = sums", "The rows of W_in hold queries, keys, values."),
            mistake("values-first", "q, k, v = sums", "v, k, q = sums", "The rows of W_in hold queries, keys, values."),
            mistake("heads-interleaved", ".unflatten(2, (3, past_k.shape[1], -1))",
                    ".unflatten(2, (3, -1, past_k.shape[1])).transpose(3, 4)",
                    "A head's entries follow each other: they are no stride apart."),
            mistake("thirds-in-each-head", "sums.permute(2, 0, 3, 1, 4)",
                    "sums.flatten(2).unflatten(2, (past_k.shape[1], 3, -1)).permute(3, 0, 2, 1, 4)",
                    "First come the queries of all heads, then all keys, then all values."),
            mistake("viewed-not-turned", "found.transpose(1, 2).flatten(2)", "found.reshape(x.shape)",
                    "Heads and tokens are mixed: turn (heads, time) into (time, heads) before laying side by side."),
            mistake("input-bias-missing", "(x @ W_in.T + b_in)", "(x @ W_in.T)", "b_in is missing."),
            mistake("output-bias-missing", "@ W_out.T + b_out", "@ W_out.T", "b_out is missing."),
            mistake("no-output-map", ".flatten(2) @ W_out.T + b_out", ".flatten(2) + b_out",
                    "W_out mixes what the heads found."),
            mistake("output-map-turned", "@ W_out.T", "@ W_out", "W_out is transposed: its rows are the outputs."),
            mistake("past-cut", "torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)",
                    "torch.cat([past_k.detach(), k], 2), torch.cat([past_v.detach(), v], 2)",
                    "No gradient reaches the past: look for detach or .data."),
        ),
        hints=("past_k.shape[1] is the number of heads.",
               "unflatten(2, (3, heads, -1)) gives (batch, time, 3, heads, d_k): permute it so that the 3 comes first.",
               "torch.cat([past_k, k], 2) before the weights; transpose(1, 2).flatten(2) after them."),
    ),
    Step(
        minutes=15,
        statement="""
            A block adds to x what the tokens find, and then what two linear maps make of every token. Here the norm
            comes before each part, not after the sum ("pre-norm"):

                x <- x + self_attention(norm_1(x))                  step 3, with W_in, b_in, W_out, b_out
                x <- x + W_2 max(0, W_1 norm_2(x) + b_1) + b_2
                norm(x) = (x - mean) / sqrt(variance + 1e-5) * scale + shift

            mean and variance are those of one token's d numbers; the variance is the mean of the squared distances from
            the mean. norm_1 has scale_1 and shift_1, norm_2 scale_2 and shift_2. p holds all parameters by these names.
            Return the new x, all keys and all values. Write the norm as a function: the next step needs it, too.
            """,
        answer=block,
        cases=lambda generator: texts(generator, whole=True),
        use=flat,
        returns=("x", "keys", "values"),
        near=1e-9,  # norms of three numbers amplify rounding
        mistakes=(
            mistake("no-first-sum", "x = x + found", "x = found", "What the tokens find is added to x."),
            mistake("no-second-sum", "return x + hidden", "return hidden", "What the two maps make is added to x."),
            mistake("sum-with-normed", "x = x + found", "x = y + found",
                    "The sum is with x itself: nothing on the path from block to block is normed."),
            mistake("norm-after-the-sum", 'y = norm(x, p["scale_1"], p["shift_1"])', "y = x",
                    "The first norm is missing: it comes before the heads."),
            mistake("second-norm-missing", '(norm(x, p["scale_2"], p["shift_2"]) @', "(x @",
                    "The second norm is missing: it comes before W_1."),
            mistake("norms-crossed", 'norm(x, p["scale_1"], p["shift_1"])', 'norm(x, p["scale_2"], p["shift_2"])',
                    "The first norm has scale_1 and shift_1."),
            mistake("parts-side-by-side", 'norm(x, p["scale_2"], p["shift_2"])',
                    'norm(x - found, p["scale_2"], p["shift_2"])',
                    "The two maps see x after what was found has been added."),
            mistake("not-rectified", ".clamp(min=0)", "", "max(0, ...) between the two maps."),
            mistake("first-bias-missing", '@ p["W_1"].T + p["b_1"]', '@ p["W_1"].T', "b_1 is missing."),
            mistake("second-bias-missing", '@ p["W_2"].T + p["b_2"]', '@ p["W_2"].T', "b_2 is missing."),
            mistake("norm-cut", 'y = norm(x, p["scale_1"]', 'y = norm(x.detach(), p["scale_1"]',
                    "No gradient goes through the first norm to x: look for detach or .data."),
        ),
        hints=("x.mean(-1, keepdim=True): the last dimension is one token's.",
               "Three things come back from self_attention; only the first is added.",
               "Divide the squared distances by d, not by d - 1: torch's var has correction=0 for that."),
    ),
    Step(
        minutes=25,
        statement="""
            The network. `ends` holds C (vocab, d), a vector for every token; P (context, d), one for every place;
            scale and shift (d,) of the last norm; W (vocab, d) and b (vocab,) of the output. blocks is a list of the
            p of step 4, the lowest block first:

                x = C[token] + P[place]            places count from 0 at the start of the text
                x <- block(x)                      one block after the other
                logits = W norm(x) + b             no softmax

            The state is a list with a pair (keys, values) for every block, as step 4 returns them; it is None at the
            start of a text. The places of `tokens` go on where the state ends. Return the logits and the new state.
            """,
        answer=advance,
        cases=networks,
        use=in_two_calls,
        returns=("logits", "keys of block 1", "values of block 1", "keys of block 2", "values of block 2"),
        near=1e-8,  # five norms, one on the other
        identities=(Identity("a later token changes no logits before it", causal),),
        mistakes=(
            mistake("no-places", ' + ends["P"][seen : seen + tokens.shape[1]]', "",
                    "P is missing: attention alone knows no order."),
            mistake("places-from-zero", '["P"][seen : seen + tokens.shape[1]]', '["P"][: tokens.shape[1]]',
                    "The places of a second call go on where the first one ended: the kept keys say where."),
            mistake("places-from-one", '["P"][seen : seen + tokens.shape[1]]',
                    '["P"][seen + 1 : seen + 1 + tokens.shape[1]]',
                    "The first place is 0."),
            mistake("same-place-for-all", '["P"][seen : seen + tokens.shape[1]]', '["P"][seen]',
                    "Every token has a place of its own."),
            mistake("last-norm-missing", 'norm(x, ends["scale"], ends["shift"])', "x",
                    "The last norm, before W, is missing."),
            mistake("one-table-for-both", '@ ends["W"].T', '@ ends["C"].T',
                    "The output has a matrix of its own, W; the paper shares C, this network does not."),
            mistake("probabilities", 'return norm(x, ends["scale"], ends["shift"]) @ ends["W"].T + ends["b"], kept',
                    'return torch.softmax(norm(x, ends["scale"], ends["shift"]) @ ends["W"].T + ends["b"], -1), kept',
                    "Logits are what a softmax would turn into probabilities: leave it out."),
            mistake("output-bias-missing", ' + ends["b"]', "", "b is missing."),
            mistake("one-block-for-all", "x, k, v = block(x, past_k, past_v, p)",
                    "x, k, v = block(x, past_k, past_v, blocks[0])", "Every block has parameters of its own."),
            mistake("state-of-the-first-block", "block(x, past_k, past_v, p)", "block(x, *state[0], p)",
                    "Every block goes on from its own keys and values."),
            mistake("blocks-turned-round", "zip(state, blocks, strict=True)", "zip(state, blocks[::-1], strict=True)",
                    "The lowest block comes first."),
            mistake("table-scaled", 'ends["C"][tokens]', 'ends["C"][tokens] * sqrt(d)',
                    "The paper multiplies C by sqrt(d), this network does not."),
        ),
        hints=("C[tokens] is (batch, time, d): indexing with a tensor of integers picks rows.",
               "At the start keys and values are tensors of shape (batch, heads, 0, d // heads).",
               "seen = the third size of the first block's keys."),
    ),
))  # fmt: skip
