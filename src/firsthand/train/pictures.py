"""Pictures as examples: those that lie in memory, and those that are read from their files when they are needed."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from firsthand.data.augment import CHANCES, part, taken
from firsthand.data.chance import uniform
from firsthand.data.image_folder import Listing
from firsthand.data.normalisation import Normalisation
from firsthand.data.photos import Box, central, part_of
from firsthand.data.prefetch import Job, Prefetch
from firsthand.data.specs import Augment, Pictures
from firsthand.data.userfile import remark
from firsthand.errors import UserError
from firsthand.train.task import Batch, Examples

TRAINED = 20_000  # pictures at most, of those trained on, that are read once more to score them
_TOLD = 20  # files that are told one by one

Some = tuple[UInt8[Tensor, "some channel height width"], Int64[Tensor, " some"]]  # pictures, and which they are


class InMemory(Examples):
    """Pictures in 8 bits a pixel, prepared batch by batch."""

    normalise: Normalisation

    def pixels(self, indices: Int64[Tensor, " batch"]) -> Some:
        """These pictures as they are tested, and their indices."""
        return self.inputs[indices], indices

    def trained(self, indices: Int64[Tensor, " batch"], step: int, how: Augment, seed: int) -> Some:
        """These pictures, or parts of them, as this step trains on them, and their indices."""
        return taken(self.inputs[indices], how, uniform(seed, step, indices, CHANCES)), indices

    def batch(self, indices: Int64[Tensor, " batch"]) -> Batch:
        """The examples with these indices, as (inputs, targets)."""
        images, kept = self.pixels(indices)
        return self.normalise(images), self.targets[kept]

    def batches(self, size: int) -> Iterator[Batch]:
        """All of them in order."""
        for indices in torch.arange(len(self)).split(size):
            yield self.batch(indices)

    def sound(self) -> Int64[Tensor, " whole"]:
        """The indices of those that can be read, as far as that is known."""
        return torch.arange(len(self))

    def follow(self, coming: Callable[[int], Int64[Tensor, " batch"]] | None) -> None:
        """What each step will train on, which those in memory need not know."""


class InFiles(InMemory):
    """Pictures that are read, cut and made smaller in threads, before they are asked for where that is known.

    A file that cannot be read is told on stderr, once, and left out of its batches.
    """

    def __init__(self, listing: Listing, spec: Pictures, seed: int, most: int | None = None):
        self.listing, self.spec, self.seed, self.targets = listing, spec, seed, listing.labels
        count = len(listing) if most is None else min(most, len(listing))
        self.scored = torch.arange(count) * len(listing) // count  # evenly over all classes
        self._ahead, self._broken = Prefetch(self._jobs_of_step), set()

    def __len__(self) -> int:
        return len(self.listing)

    def pixels(self, indices: Int64[Tensor, " batch"]) -> Some:
        """The middle of these pictures, as they are tested, and the indices of those that can be read."""
        return self._gathered(Prefetch(self._jobs).take(0, indices), indices)

    def trained(self, indices: Int64[Tensor, " batch"], step: int, how: Augment, seed: int) -> Some:
        """The parts of these pictures that this step trains on, and the indices of those that can be read."""
        return self._gathered(self._ahead.take(step, indices), indices)

    def batches(self, size: int) -> Iterator[Batch]:
        """All of them in order, or of those trained on as many as are scored, the next ones read meanwhile."""
        parts = self.scored.split(size)
        ahead = Prefetch(self._jobs)
        ahead.follow(lambda number: parts[number] if number < len(parts) else self.scored[:0])
        for number, indices in enumerate(parts):
            images, kept = self._gathered(ahead.take(number, indices), indices)
            yield self.normalise(images), self.targets[kept]

    def sound(self) -> Int64[Tensor, " whole"]:
        """The indices of those that can be read, as far as that is known."""
        return torch.tensor([index for index in range(len(self)) if index not in self._broken])

    def follow(self, coming: Callable[[int], Int64[Tensor, " batch"]] | None) -> None:
        """What each step will train on, so that it is read before; None when training ends."""
        self._ahead.follow(coming)

    def _jobs(self, number: int, indices: Int64[Tensor, " batch"]) -> list[Job]:
        """Reading the middle of each, as it is tested."""
        middle = partial(central, side=self.spec.seen, shorter=self.spec.resized)
        return [partial(self._read, index, middle) for index in indices.tolist()]

    def _jobs_of_step(self, step: int, indices: Int64[Tensor, " batch"]) -> list[Job]:
        """Reading the part of each that the step trains on."""
        chances = uniform(self.seed, step, indices, CHANCES).tolist()
        how = partial(part, self.spec.augment, size=self.spec.seen, shorter=self.spec.resized)
        return [
            partial(self._read, index, partial(how, chance=chance))
            for index, chance in zip(indices.tolist(), chances, strict=True)
        ]

    def _read(self, index: int, choose: Callable[[int, int], Box]) -> np.ndarray | str:
        """A part of a picture, or what is wrong with its file."""
        try:
            return part_of(self.listing.path(index), choose, self.spec.seen)
        except UserError as error:
            return str(error)

    def _gathered(self, found: list[np.ndarray | str], indices: Int64[Tensor, " batch"]) -> Some:
        """Those that could be read."""
        whole = [not isinstance(picture, str) for picture in found]
        for index, picture in zip(indices.tolist(), found, strict=True):
            if isinstance(picture, str) and index not in self._broken:
                self._broken.add(index)
                if len(self._broken) <= _TOLD:
                    remark(f"Left out: {picture}")
                elif len(self._broken) == _TOLD + 1:
                    remark(f"{self.listing.folder}: further files that cannot be read are left out without a word.")
        if not any(whole):
            raise UserError(f"{self.listing.folder}: no picture of a batch can be read. {found[0]}")
        pixels = np.stack([picture for picture in found if not isinstance(picture, str)])
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), indices[torch.tensor(whole)]
