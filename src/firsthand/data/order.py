"""The order in which examples are seen."""

from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from firsthand.errors import UserError, unknown

Kind = Literal["shuffle", "replacement", "constant", "streams"]
TABLE = 1 << 24  # examples up to which an epoch's order is kept as a table


class Order:
    """Which examples make up the batch of a step: a pure function of seed and step, so that resuming needs no state.

    shuffle: every epoch is a new permutation of all `n` examples. constant: every epoch is the same permutation.
    replacement: every batch is independent draws. streams: row b of a batch is the example after row b of the batch
    before, in `batch` equal pieces of the data. Without replacement, the last batch of an epoch holds what is left; a
    single example left over joins the batch before it, because batch norm cannot train on one.
    Raises `UserError` for an unknown kind and for sizes below 1.
    """

    def __init__(self, n: int, batch: int, kind: Kind = "shuffle", seed: int = 0):
        if kind not in get_args(Kind):
            raise unknown("batch order", kind, get_args(Kind))
        if n < 1 or batch < 1:
            raise UserError(f"There are {n} examples in batches of {batch}: both must be at least 1.")
        if kind == "streams" and n < batch:
            raise UserError(f"There are {n} windows of text for {batch} streams: take a smaller batch or window.")
        self.n, self.batch, self.kind, self.seed = n, batch, kind, seed
        alone = (kind != "replacement" and n % batch == 1 and n > batch > 1) or kind == "streams"
        self.steps_per_epoch = n // batch if alone else -(-n // batch)
        self._cached = -1, torch.empty(0, dtype=torch.int64)

    def epoch(self, step: int) -> int:
        """The epoch that a step belongs to; both count from 0."""
        return step // self.steps_per_epoch

    def indices(self, step: int) -> Int64[Tensor, " batch"]:
        """The indices of the examples of a step."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if self.kind == "streams":
            return torch.arange(self.batch) * self.steps_per_epoch + position
        if self.n > TABLE:
            return torch.from_numpy(self._drawn(epoch, position))
        last = position == self.steps_per_epoch - 1
        return self._examples(epoch)[position * self.batch : None if last else (position + 1) * self.batch]

    def _examples(self, epoch: int) -> Int64[Tensor, " examples"]:
        """The examples of an epoch in order."""
        if self.kind == "constant":
            epoch = 0
        if self._cached[0] != epoch:
            # torch's CPU generator uses 32 bits of its seed: mix seed and epoch into them, so that seed 1, epoch 0 is
            # not seed 0, epoch 1.
            generator = torch.Generator().manual_seed(int(self._mixed(epoch)[0]))
            if self.kind == "replacement":
                examples = torch.randint(self.n, (self.steps_per_epoch * self.batch,), generator=generator)
            else:
                examples = torch.randperm(self.n, generator=generator)
            self._cached = epoch, examples
        return self._cached[1]

    def _mixed(self, *numbers: int, count: int = 1) -> np.ndarray:
        return mixed(self.seed, *numbers, count=count)

    def _drawn(self, epoch: int, position: int) -> np.ndarray:
        """The examples of one step without a table of them all, for data sets that do not fit in memory.

        A Feistel network of four rounds permutes 0 .. 4^k - 1; what falls at n or above is permuted again.
        """
        start = position * self.batch
        places = np.arange(start, min(start + self.batch, self.n))
        if self.kind == "replacement":
            return np.random.default_rng(self._mixed(epoch, position, count=4)).integers(self.n, size=self.batch)
        half = np.uint64((int(self.n - 1).bit_length() + 1) // 2)
        mask = (np.uint64(1) << half) - np.uint64(1)
        keys = self._mixed(0 if self.kind == "constant" else epoch, count=4).astype(np.uint64)
        found, outside = places.astype(np.uint64), np.ones(len(places), dtype=bool)
        while outside.any():
            left, right = found[outside] >> half, found[outside] & mask
            for key in keys:
                scrambled = (right + key) * np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: it spreads bits
                left, right = right, left ^ (scrambled >> (np.uint64(64) - half))
            found[outside] = (left << half) | right
            outside = found >= self.n
        return found.astype(np.int64)


class ByLength:
    """The same for sentences, of which those of like lengths go together, so that few places are padding.

    A batch is of at most `batch` sentences and, padding included, at most `tokens` tokens on either side; a longer one
    stands alone. Sentences of equal lengths, and the batches, come in another order in every epoch.
    Source: Vaswani et al. (2017), section 5.1; Sutskever et al. (2014), section 3.4.
    """

    def __init__(self, lengths: Int64[Tensor, "examples sides"], batch: int, tokens: int | None = None, seed: int = 0):
        self.seed = seed
        self.keys = lengths[:, -1] * (int(lengths.max()) + 1) + lengths[:, 0]  # the target's length decides
        self.starts, longest = [0], [0] * lengths.shape[1]
        for place, row in enumerate(lengths[self.keys.argsort(stable=True)].tolist()):
            grown = [max(pair) for pair in zip(longest, row, strict=True)]
            count = place - self.starts[-1] + 1
            if count > batch or (tokens is not None and count > 1 and count * max(grown) > tokens):
                self.starts.append(place)
                grown = row
            longest = grown
        self.steps_per_epoch = len(self.starts)
        self._cached: tuple[int, list[Int64[Tensor, " batch"]]] = (-1, [])

    def epoch(self, step: int) -> int:
        """The epoch that a step belongs to; both count from 0."""
        return step // self.steps_per_epoch

    def indices(self, step: int) -> Int64[Tensor, " batch"]:
        """The indices of the sentences of a step."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if self._cached[0] != epoch:
            generator = torch.Generator().manual_seed(int(mixed(self.seed, epoch)[0]))
            drawn = torch.randperm(len(self.keys), generator=generator)
            drawn = drawn[self.keys[drawn].argsort(stable=True)]
            batches = drawn.tensor_split(self.starts[1:])
            turns = torch.randperm(len(batches), generator=generator).tolist()
            self._cached = epoch, [batches[turn] for turn in turns]
        return self._cached[1][position]


def mixed(seed: int, *numbers: int, count: int = 1) -> np.ndarray:
    """Random numbers of 32 bits that a seed and these numbers decide."""
    return np.random.SeedSequence((seed % 2**64, *numbers)).generate_state(count)
