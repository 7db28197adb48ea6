"""Means, deviations and principal components of training pictures, against NumPy."""

import numpy as np
import pytest
import torch

from firsthand.data.normalisation import Colours, Normalisation
from firsthand.errors import UserError


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """More than are measured at once, each channel of another range."""
    drawn = torch.rand(1500, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    return (drawn * torch.tensor([255, 100, 30])[:, None, None]).byte()


def test_channels(images):
    """Mean 0 and deviation 1; 1e-5 for the six decimals that are kept."""
    ours = Normalisation.of(images, "channel")(images)
    assert ours.mean((0, 2, 3)).tolist() == pytest.approx([0] * 3, abs=1e-4)
    assert ours.std((0, 2, 3), correction=0).tolist() == pytest.approx([1] * 3, abs=1e-4)


def test_pixels(images):
    """He et al.'s: only the mean of each pixel is taken away."""
    ours = Normalisation.of(images, "pixel")(images[:7]).numpy()
    expected = images[:7].numpy() / 255 - images.numpy().mean(0) / 255
    assert np.allclose(ours, expected, atol=2e-6)


def test_none_and_imagenet(images):
    assert torch.equal(Normalisation.of(images, "none")(images), images.float() / 255)
    white = Normalisation.of(images, "imagenet")(torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)).flatten()
    assert white.tolist() == pytest.approx([2.2489, 2.4286, 2.6400], abs=1e-4)  # (1 - mean) / std
    with pytest.raises(UserError, match="red, green and blue"):
        Normalisation.of(images[:, :1], "imagenet")


def test_a_channel_of_one_value():
    """A deviation of 0 divides nothing by 0."""
    assert (
        Normalisation.of(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), "channel")(
            torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
        )
        .isfinite()
        .all()
    )


def test_components(images):
    colours = Colours.of(images)
    cut = np.cov(images.transpose(0, 1).flatten(1).numpy() / 255, bias=True)
    rebuilt = colours.directions @ torch.diag(colours.variances) @ colours.directions.T
    assert np.allclose(rebuilt.numpy(), cut, atol=1e-12)
    assert torch.allclose(colours.directions.T @ colours.directions, torch.eye(3).double(), atol=1e-12)
