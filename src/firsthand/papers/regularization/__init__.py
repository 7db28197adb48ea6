"""Regularisation and healthy signals: first weights, decay, dropout, batch norm and early stopping on one network."""

from firsthand.papers.card import Card, exports

CARD = Card(
    key="regularization",
    title="Understanding the difficulty of training deep feedforward neural networks",
    authors=("Xavier Glorot", "Yoshua Bengio"),
    year=2010,
    venue="AISTATS, PMLR 9",
    url="https://proceedings.mlr.press/v9/glorot10a.html",
    bibtex="""@inproceedings{glorot2010understanding,
  author    = {Glorot, Xavier and Bengio, Yoshua},
  title     = {Understanding the difficulty of training deep feedforward neural networks},
  booktitle = {Proceedings of the Thirteenth International Conference on Artificial Intelligence and Statistics},
  series    = {Proceedings of Machine Learning Research},
  volume    = {9},
  pages     = {249--256},
  year      = {2010},
  url       = {https://proceedings.mlr.press/v9/glorot10a.html}
}""",
    family="regularisers",
    builds_on=("mlp", "backprop", "vanishing", "dropout", "batchnorm", "adam"),
    summary="What keeps signals alive in a deep network, and keeps it from learning noise by heart, measured.",
    network="DeepMLP",
    parameters=4_799_010,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(__name__, {"DeepMLP": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
