"""What the paper claims, in the order of the page."""

from firsthand.claims import in_order

CLAIMS = in_order(
    __name__, "latents", "faces", "wake_sleep", "likelihood", "bound", "toy_gradients", "gradients", "samples", "plane"
)
