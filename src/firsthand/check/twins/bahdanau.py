"""The network on torch.nn's linear maps and embeddings; torch.nn.GRU has another reset gate, and cannot serve."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.check.twins.seq2seq import Network as Seq2Seq
from firsthand.papers.bahdanau.model import Config
from firsthand.papers.bahdanau.recipe import PRESETS
from firsthand.train.recipe import Optim

PAD, BOS = 0, 1


class Reader(nn.Module):
    """One direction of the encoder."""

    def __init__(self, embed: int, hidden: int):
        super().__init__()
        self.input, self.gates, self.new = (
            nn.Linear(embed, 3 * hidden), nn.Linear(hidden, 2 * hidden), nn.Linear(hidden, hidden)
        )  # fmt: skip

    def forward(self, x: Tensor, there: Tensor, order: list[int]) -> tuple[Tensor, Tensor]:
        """The states in the order of the words, and the last one; a row's state stays what it is beyond its end."""
        h, outputs, given = x.new_zeros(len(x), self.new.out_features), {}, self.input(x)
        for t in order:
            x_r, x_z, x_n = given[:, t].chunk(3, 1)
            h_r, h_z = self.gates(h).chunk(2, 1)
            r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
            new = z * h + (1 - z) * torch.tanh(x_n + self.new(r * h))
            h = torch.where(there[:, t, None], new, h)
            outputs[t] = h
        return torch.stack([outputs[t] for t in range(x.shape[1])], 1), h


class Network(Twin):
    """nn.Embedding and nn.Linear, step by step, masked scores and torch.softmax."""

    overfit = (150, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.config, vocab, m, n = config, config.vocab or 1000, config.embed, config.hidden
        self.both = config.attention and config.both
        width = 2 * n if self.both else n
        self.source, self.embedding = nn.Embedding(config.source_vocab or vocab, m), nn.Embedding(vocab, m)
        self.readers = nn.ModuleList(Reader(m, n) for _ in range(1 + self.both))
        self.start = nn.Linear(n, n)
        if config.attention:
            self.query, self.key = nn.Linear(n, n, bias=False), nn.Linear(width, n)
            self.score = nn.Linear(n, 1, bias=False)
        self.word, self.context = nn.Linear(m, 3 * n), nn.Linear(width, 3 * n, bias=False)
        self.gates, self.candidate = nn.Linear(n, 2 * n, bias=False), nn.Linear(n, n, bias=False)
        self.deep, self.output = nn.Linear(n + m + width, 2 * config.maxout), nn.Linear(config.maxout, vocab)

    def parts(self, kind: str) -> dict[str, Tensor]:
        """Weights or gradients under our names."""
        theirs = {name: p.detach() if kind == "weight" else p.grad for name, p in self.named_parameters()}
        found = {n: p for n, p in theirs.items() if not n.startswith(("readers", "query", "key", "score"))}
        for number, suffix in enumerate(("", "_reverse")[: len(self.readers)]):
            for part in ("weight", "bias"):
                found[f"encoder.{part}_ih_l0{suffix}"] = theirs[f"readers.{number}.input.{part}"]
                both = [theirs[f"readers.{number}.{name}.{part}"] for name in ("gates", "new")]
                found[f"encoder.{part}_hh_l0{suffix}"] = torch.cat(both)
        if self.config.attention:
            found |= {f"attention.{n}": theirs[n] for n in ("query.weight", "key.weight", "key.bias")}
            found["attention.score"] = theirs["score.weight"][0]
        return found

    named = parts

    @torch.no_grad()
    def copy_from(self, ours: nn.Module) -> None:
        """The encoder's gates and candidates apart, the rest under names that are nearly the same."""
        state, n = dict(ours.state_dict()), self.config.hidden
        for number, suffix in enumerate(("", "_reverse")[: len(self.readers)]):
            reader = self.readers[number]
            for part in ("weight", "bias"):
                getattr(reader.input, part).copy_(state.pop(f"encoder.{part}_ih_l0{suffix}"))
                stacked = state.pop(f"encoder.{part}_hh_l0{suffix}")
                getattr(reader.gates, part).copy_(stacked[: 2 * n])
                getattr(reader.new, part).copy_(stacked[2 * n :])
        if self.config.attention:
            self.score.weight.copy_(state.pop("attention.score")[None])
        rest = {name.removeprefix("attention."): value for name, value in state.items()}
        for name, p in self.named_parameters():
            if not name.startswith(("readers", "score")):
                p.copy_(rest.pop(name))
        assert not rest

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        there, x = source != PAD, self.source(source)
        order = list(range(source.shape[1]))
        read = [reader(x, there, order[:: 1 - 2 * number]) for number, reader in enumerate(self.readers)]
        h, last = torch.cat([one[0] for one in read], 2), read[-1][1]
        s, keys = torch.tanh(self.start(last)), self.key(h) if self.config.attention else None
        before = torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], 1)
        y = self.embedding(before) * (before != BOS)[:, :, None]
        words, seen = self.word(y), []
        for i in range(target.shape[1]):
            if keys is None:
                c = last
            else:
                e = self.score(torch.tanh(self.query(s)[:, None] + keys))[:, :, 0]
                c = (torch.softmax(e.masked_fill(~there, -torch.inf), 1)[:, :, None] * h).sum(1)
            (x_r, x_z, x_n), (c_r, c_z, c_n) = words[:, i].chunk(3, 1), self.context(c).chunk(3, 1)
            h_r, h_z = self.gates(s).chunk(2, 1)
            r, z = torch.sigmoid(x_r + c_r + h_r), torch.sigmoid(x_z + c_z + h_z)
            moved = (1 - z) * s + z * torch.tanh(x_n + c_n + self.candidate(r * s))
            seen.append(torch.cat([moved if self.config.state == "after" else s, y[:, i], c], 1))
            s = moved
        pairs = self.deep(torch.stack(seen, 1))
        return self.output(torch.maximum(pairs[:, :, 0::2], pairs[:, :, 1::2]))

    loss = Seq2Seq.loss
    batch = staticmethod(Seq2Seq.batch)


def _variant(per: str = "token", **sizes: Any) -> Any:
    recipe, small = PRESETS["laptop"], {"vocab": 29, "embed": 13, "hidden": 17, "maxout": 11}
    return replace(recipe, model=Config(**(small | {"init": "layers"} | sizes)), per=per,
                   optim=replace(recipe.optim, eps=1e-5))  # fmt: skip


# With a larger eps, because Adam divides a gradient that is 0 but for rounding by its own size. Published first
# weights, with v = 0, leave gradients of the alignment that are 0 but for rounding: they have tests of their own.
VARIANTS = {
    "laptop": _variant(),
    "RNNencdec": _variant(attention=False),
    "one direction": _variant(both=False),
    "state after": _variant(state="after"),
    "two vocabularies": _variant(source_vocab=31),
    "sums of sentences": replace(_variant("sentence"), optim=Optim("sgd", lr=0.5)),
}
