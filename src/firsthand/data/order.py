"""The order in which examples are seen."""

from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from firsthand.errors import UserError, unknown

Kind = Literal["shuffle", "replacement", "constant"]


class Order:
    """Which examples make up the batch of a step: a pure function of seed and step, so that resuming needs no state.

    shuffle: every epoch is a new permutation of all `n` examples. constant: every epoch is the same permutation.
    replacement: every batch is independent draws. Without replacement, the last batch of an epoch holds what is left; a
    single example left over joins the batch before it, because batch norm cannot train on one.
    Raises `UserError` for an unknown kind and for sizes below 1.
    """

    def __init__(self, n: int, batch: int, kind: Kind = "shuffle", seed: int = 0):
        if kind not in get_args(Kind):
            raise unknown("batch order", kind, get_args(Kind))
        if n < 1 or batch < 1:
            raise UserError(f"There are {n} examples in batches of {batch}: both must be at least 1.")
        self.n, self.batch, self.kind, self.seed = n, batch, kind, seed
        alone = kind != "replacement" and n % batch == 1 and n > batch > 1
        self.steps_per_epoch = n // batch if alone else -(-n // batch)
        self._cached = -1, torch.empty(0, dtype=torch.int64)

    def epoch(self, step: int) -> int:
        """The epoch that a step belongs to; both count from 0."""
        return step // self.steps_per_epoch

    def indices(self, step: int) -> Int64[Tensor, " batch"]:
        """The indices of the examples of a step."""
        epoch, position = divmod(step, self.steps_per_epoch)
        last = position == self.steps_per_epoch - 1
        return self._examples(epoch)[position * self.batch : None if last else (position + 1) * self.batch]

    def _examples(self, epoch: int) -> Int64[Tensor, " examples"]:
        """The examples of an epoch in order."""
        if self.kind == "constant":
            epoch = 0
        if self._cached[0] != epoch:
            # torch's CPU generator uses 32 bits of its seed: mix seed and epoch into them, so that seed 1, epoch 0 is
            # not seed 0, epoch 1.
            mixed = np.random.SeedSequence((self.seed % 2**64, epoch)).generate_state(1)[0]
            generator = torch.Generator().manual_seed(int(mixed))
            if self.kind == "replacement":
                examples = torch.randint(self.n, (self.steps_per_epoch * self.batch,), generator=generator)
            else:
                examples = torch.randperm(self.n, generator=generator)
            self._cached = epoch, examples
        return self._cached[1]
