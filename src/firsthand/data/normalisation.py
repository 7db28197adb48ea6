"""What is measured on the pictures that are trained on: means and deviations, and the axes along which colours vary."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, UInt8
from torch import Tensor

from firsthand.errors import UserError

Values = list[list[list[float]]]  # (channel, height, width), where 1 serves for all rows or columns
Pixels = UInt8[Tensor, "images channel height width"]

# Of ImageNet's pixels from 0 to 1, red, green and blue, as the weights that everybody passes on want them.
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Normalisation:
    """What is taken away from pixels of 0..1, and what they are divided by then."""

    mean: Values
    std: Values

    @classmethod
    def of(cls, images: Pixels, kind: str) -> "Normalisation":
        """Of training images, as `Pictures.normalise` says."""
        zero, one = torch.zeros(images.shape[1], 1, 1), torch.ones(images.shape[1], 1, 1)
        if kind == "none":
            return cls(zero.tolist(), one.tolist())
        if kind == "symmetric":
            return cls((one / 2).tolist(), (one / 2).tolist())
        if kind == "imagenet":
            if images.shape[1] != 3:
                raise UserError("ImageNet's means are those of red, green and blue: choose another data.normalise.")
            return cls([[[mean]] for mean in IMAGENET_MEAN], [[[std]] for std in IMAGENET_STD])
        total = sum(part.double().sum(0) for part in images.split(1000)) / (255 * len(images))
        if kind == "pixel":
            return cls(_plain(total), one.tolist())
        mean = total.mean((1, 2), keepdim=True)
        squares = sum((part.double() / 255).square().sum(0) for part in images.split(1000)) / len(images)
        std = (squares.mean((1, 2), keepdim=True) - mean.square()).clamp(min=1e-12).sqrt()
        return cls(_plain(mean), _plain(std))

    def __call__(
        self, images: UInt8[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """Pixels 0..255 as the network sees them."""
        mean, std = torch.tensor(self.mean), torch.tensor(self.std)
        return images.float().div_(255).sub_(mean).div_(std)


def _plain(values: Tensor) -> Values:
    """To six decimals, which other machines find, too: a run that is continued there must know its data again."""
    return values.round(decimals=6).tolist()


@dataclass(frozen=True)
class Colours:
    """The principal components of the colours of pixels from 0 to 1: their directions, in columns, and variances."""

    directions: Float64[Tensor, "channel component"]
    variances: Float64[Tensor, " component"]

    @classmethod
    def of(cls, images: Pixels) -> "Colours":
        """Of training images: the eigenvectors and eigenvalues of the covariance of their channels.

        Source: Krizhevsky et al. (2012), section 4.1.
        """
        channels, count = images.shape[1], images[:, 0].numel()
        total = torch.zeros(channels, dtype=torch.float64)
        products = torch.zeros(channels, channels, dtype=torch.float64)
        for part in images.split(1000):
            pixels = part.transpose(0, 1).flatten(1).double() / 255
            total += pixels.sum(1)
            products += pixels @ pixels.T
        mean = total / count
        variances, directions = torch.linalg.eigh(products / count - mean[:, None] * mean)
        return cls(directions, variances.clamp(min=0))

    def shift(self, factors: Float64[Tensor, "batch component"]) -> Float64[Tensor, "batch channel"]:
        """What is added to all pixels of a picture: each direction times its variance and its random factor.

        [p1, p2, p3] [alpha1 lambda1, alpha2 lambda2, alpha3 lambda3]^T. The unit matters, for lambda is its square: of
        pixels from 0 to 255 the printed formula would add hundreds of times as much, more than there is.
        """
        return (factors * self.variances) @ self.directions.T
