"""Auto-Encoding Variational Bayes: the variational autoencoder, which makes pictures from a few numbers (2013)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="vae",
    references=(
        Reference(
            title="Auto-Encoding Variational Bayes",
            authors=("Diederik P. Kingma", "Max Welling"),
            year=2013,
            venue="arXiv:1312.6114; International Conference on Learning Representations (ICLR) 2014",
            url="https://arxiv.org/abs/1312.6114",
        ),
        Reference(
            title="Importance Weighted Autoencoders",
            authors=("Yuri Burda", "Roger Grosse", "Ruslan Salakhutdinov"),
            year=2016,
            venue="International Conference on Learning Representations (ICLR)",
            url="https://arxiv.org/abs/1509.00519",
        ),
    ),
    family="generative models",
    builds_on=("mlp", "backprop", "adagrad"),
    summary="A decoder makes pictures from random latents, an encoder infers them; one bound trains both by gradients.",
    network="VAE",
    parameters=815_824,
    example_shape=(784,),
    output_shape=(784,),
)
__getattr__ = exports(__name__, {"VAE": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
