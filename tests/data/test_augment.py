"""Random parts, mirrors and light: against slow loops, and as often as they should be."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from firsthand.data.augment import CHANCES, augmented, cropped, part, taken
from firsthand.data.chance import uniform
from firsthand.data.normalisation import Colours, Normalisation
from firsthand.data.photos import Box, scaled
from firsthand.data.specs import Augment
from firsthand.errors import UserError

MASK = 2**64 - 1


def pictures(count: int = 6, channels: int = 3, height: int = 7, width: int = 9) -> torch.Tensor:
    return torch.randint(256, (count, channels, height, width), generator=torch.Generator().manual_seed(0)).byte()


def chances(count: int, seed: int = 0, step: int = 0) -> torch.Tensor:
    return uniform(seed, step, torch.arange(count), CHANCES)


def splitmix(state: int) -> int:
    """The number after this state, as the published C code gives it, in Python's whole numbers."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def test_the_published_mixing():
    """From state 0 the first number of SplitMix64 is e220a8397b1dcdaf; each of ours is one further on, by its key."""
    assert splitmix(0) == 0xE220A8397B1DCDAF

    def mixed(key: int) -> int:
        return splitmix((key * 0x9E3779B97F4A7C15) & MASK)

    seed, step, index, number = 2**63 + 5, 1234, 987_654, 3
    expected = mixed(mixed(mixed((mixed(seed) + step) & MASK) + index & MASK) + number & MASK) >> 11
    assert uniform(seed, step, torch.tensor([index]), 5)[0, number].item() == expected / 2**53


def test_numbers_are_uniform_and_unlike():
    """Of 20,000 each tenth has its share to 4 deviations; neighbours in index, step, seed and number are unrelated."""
    ours = uniform(0, 0, torch.arange(20_000), 4)
    counts = (ours * 10).long().flatten().bincount(minlength=10)
    assert ours.min() >= 0 and ours.max() < 1
    assert (counts - 8000).abs().max() < 4 * math.sqrt(80_000 * 0.09)
    rows = [ours[:-1, 0], ours[1:, 0], ours[:-1, 1], uniform(0, 1, torch.arange(19_999), 1)[:, 0]]
    rows.append(uniform(1, 0, torch.arange(19_999), 1)[:, 0])
    assert (torch.corrcoef(torch.stack(rows)) - torch.eye(5)).abs().max() < 4 / math.sqrt(20_000)


@pytest.mark.parametrize(
    "how",
    [Augment(pad=2, flip=True, colour=0.1), Augment(shift=3), Augment(side=(8, 12)), Augment(area=(0.1, 1.0))],
    ids=str,
)
def test_a_function_of_seed_step_and_index(how):
    """However a batch is divided and in whatever order: the same; at another step or seed, another."""
    images = pictures(40, height=8, width=8)
    colours = Colours.of(images)

    def made(indices: torch.Tensor, step: int = 3, seed: int = 1) -> torch.Tensor:
        chance = uniform(seed, step, indices, CHANCES)
        return augmented(taken(images[indices], how, chance).float() / 255, how, chance, colours)

    whole, order = made(torch.arange(40)), torch.randperm(40, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat([made(share) for share in order.split(7)]), whole[order])
    assert not torch.equal(made(torch.arange(40), step=4), whole)
    assert not torch.equal(made(torch.arange(40), seed=2), whole)
    assert torch.equal(made(torch.arange(40)), whole)


def test_a_border_and_a_random_part():
    """Against a loop: the picture in a border of zeros, cut where the first two numbers say."""
    images, how, chance = pictures().float(), Augment(pad=2, flip=True), chances(6)
    ours = augmented(images, how, chance)
    for image, mine, numbers in zip(images, ours, chance.tolist(), strict=True):
        top, left = int(5 * numbers[0]) - 2, int(5 * numbers[1]) - 2
        for y in range(7):
            for x in range(9):
                row, column = y + top, (8 - x if numbers[2] < 0.5 else x) + left
                inside = 0 <= row < 7 and 0 <= column < 9
                assert torch.equal(mine[:, y, x], image[:, row, column] if inside else torch.zeros(3))


def test_every_place_and_both_sides_alike():
    """He et al.'s 9 x 9 places and 2 sides: each of the 162 to 5 deviations of its share of 50,000."""
    chance = chances(50_000)
    places = (chance[:, :2] * 9).long()
    seen = (places[:, 0] * 18 + places[:, 1] * 2 + (chance[:, 2] < 0.5)).bincount(minlength=162)
    assert len(seen) == 162 and (seen - 50_000 / 162).abs().max() < 5 * math.sqrt(50_000 / 162)
    images = torch.arange(81.0).view(1, 1, 9, 9)
    corner = cropped(images, (1, 1), torch.tensor([[8, 7]]))
    assert corner.flatten().tolist() == [79]


def test_a_shift_brings_in_black():
    images, chance = pictures() | 1, chances(6)  # no pixel is black
    for image, mine, numbers in zip(images, taken(images, Augment(shift=3), chance), chance.tolist(), strict=True):
        down, across = 3 - int(7 * numbers[0]), 3 - int(7 * numbers[1])
        rolled = np.roll(image.numpy(), (down, across), (1, 2))
        there = mine.numpy() > 0
        assert (mine.numpy()[there] == rolled[there]).all()
        assert there.sum() == 3 * (7 - abs(down)) * (9 - abs(across))


def tent(image: np.ndarray, box: Box, height: int, width: int) -> np.ndarray:
    """A part of one channel resized: each pixel the mean of those of the part, weighted by a tent."""

    def weights(start: float, size: float, count: int, room: int) -> np.ndarray:
        scale = size / count
        support = max(scale, 1.0)
        found = np.zeros((count, room))
        for place in range(count):
            middle = start + (place + 0.5) * scale
            for pixel in range(max(int(middle - support + 0.5), 0), min(int(middle + support + 0.5), room)):
                found[place, pixel] = max(0.0, 1 - abs((pixel + 0.5 - middle) / support))
            found[place] /= found[place].sum()
        return found

    down = weights(box.top, box.height, height, image.shape[0])
    return down @ image @ weights(box.left, box.width, width, image.shape[1]).T


@pytest.mark.parametrize("box", [Box(0.0, 0.0, 7.0, 9.0), Box(1.3, 2.0, 4.2, 5.5), Box(3.0, 0.4, 2.5, 3.0)], ids=str)
def test_a_part_is_scaled(box):
    """Against a loop over its definition; 1 of 255 for rounding, after the rows and after the columns."""
    image = pictures(1)[0]
    ours = scaled(image, 7, 9, box).numpy().astype(float)
    for channel, mine in zip(image.numpy(), ours, strict=True):
        assert abs(tent(channel.astype(float), box, 7, 9) - mine).max() <= 1.01


def test_a_side_of_random_length_then_a_part():
    """VGG's: every length comes, and what is cut is a part of the picture resized to it."""
    y, x = np.mgrid[:32, :32]
    smooth = torch.from_numpy(np.stack([4 * x, 7 * y, 3 * x + 2 * y]).astype(np.uint8))
    chance, how, seen = chances(60), Augment(side=(36, 48)), set()
    ours = taken(smooth[None].expand(60, 3, 32, 32), how, chance)
    for mine, numbers in zip(ours.int(), chance.tolist(), strict=True):
        side = 36 + int(numbers[6] * 13)
        large = Image.fromarray(smooth.permute(1, 2, 0).numpy()).resize((side, side), Image.Resampling.BILINEAR)
        top, left = (int(number * (side - 32 + 1)) for number in numbers[:2])
        expected = torch.from_numpy(np.array(large)).permute(2, 0, 1)[:, top : top + 32, left : left + 32]
        assert (mine - expected.int())[:, 1:-1, 1:-1].abs().max() <= 1
        seen.add(side)
    assert seen == set(range(36, 49))


@pytest.mark.parametrize(("height", "width"), [(300, 400), (500, 400), (256, 256)])
def test_parts_by_their_area(height, width):
    """GoogLeNet's: within the picture, 8 to 100 % of it, ratios of 3/4 to 4/3; small areas are as likely as drawn."""
    how = Augment(area=(0.08, 1.0))
    boxes = [part(how, height, width, 224, 256, row) for row in chances(4000).tolist()]
    shares = np.array([box.height * box.width for box in boxes]) / (height * width)
    ratios = np.array([box.width / box.height for box in boxes])
    assert shares.min() >= 0.08 and shares.max() <= 1 and 0.75 <= ratios.min() and ratios.max() <= 4 / 3 + 1e-9
    assert all(box.top >= 0 and box.top + box.height <= height + 1e-9 for box in boxes)
    assert all(box.left >= 0 and box.left + box.width <= width + 1e-9 for box in boxes)
    # Below half of the picture every shape fits here, so that equal ranges of area have equal shares.
    first, second = ((shares >= low) & (shares < low + 0.2) for low in (0.08, 0.28))
    assert first.sum() == pytest.approx(second.sum(), rel=0.2)


def test_a_picture_too_narrow_for_its_part():
    """A strip, of which no part of such an area has the shape: its middle."""
    assert part(Augment(area=(0.9, 1.0)), 100, 2000, 224, 256, chances(1)[0].tolist()) == Box(0.0, 950.0, 100.0, 100.0)


def test_the_middle_without_a_way_to_choose():
    assert part(Augment(flip=True), 512, 512, 224, 256, chances(1)[0].tolist()) == Box(32.0, 32.0, 448.0, 448.0)


def test_colours_change_along_their_components():
    """Against a loop over the formula, in units of 0..1 before the normalisation; its deviations over many draws."""
    images = pictures(50, height=8, width=8)
    images[:, 1] = images[:, 0] // 2 + images[:, 1] // 4  # colours that go together
    colours, normal = Colours.of(images), Normalisation.of(images, "channel")
    std, how, chance = torch.tensor(normal.std), Augment(colour=0.1), chances(50)
    plain = normal(images)
    ours = augmented(plain, how, chance, colours, std)
    cut = np.cov(images.transpose(0, 1).flatten(1).numpy() / 255, bias=True)
    variances, directions = np.linalg.eigh(cut)
    for mine, before, numbers in zip(ours, plain, chance, strict=True):
        factors = [0.1 * math.sqrt(2) * float(torch.erfinv(2 * u - 1)) for u in numbers[3:6]]
        moved = (mine - before) * std
        assert (moved.amax((1, 2)) - moved.amin((1, 2))).max() < 1e-5  # the same for all pixels
        expected = sum(
            alpha * variance * np.sign(direction @ ours_)
            * direction for alpha, variance, direction, ours_ in zip(
                factors, variances, directions.T, colours.directions.T.numpy(), strict=True
            )
        )  # fmt: skip
        assert np.allclose(moved.mean((1, 2)).numpy(), expected, atol=1e-5)  # float32
    many = chances(20_000)[:, 3:6]
    shifts = colours.shift(0.1 * torch.special.ndtri(many)).numpy()
    expected = 0.01 * directions @ np.diag(variances**2) @ directions.T
    assert np.allclose(np.cov(shifts.T), expected, atol=0.05 * expected.max())  # 20,000 draws are good to 3 %


def test_mistakes():
    for options, told in (
        ({"pad": 4, "side": (256, 480)}, "pad and data.augment.side both take a part"),
        ({"side": (480, 256)}, "two numbers, the smaller first"),
        ({"area": (0.0, 1.0)}, "area must be above 0"),
    ):
        with pytest.raises(UserError, match=told):
            Augment(**options)
