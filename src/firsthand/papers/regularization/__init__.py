"""Regularisation and healthy signals: first weights, decay, dropout, batch norm and early stopping on one network."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="regularization",
    subject="Regularization and healthy signals",
    references=(
        Reference(
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
        ),
        Reference(
            title="Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification",
            authors=("Kaiming He", "Xiangyu Zhang", "Shaoqing Ren", "Jian Sun"),
            year=2015,
            venue="International Conference on Computer Vision (ICCV)",
            url="https://arxiv.org/abs/1502.01852",
            bibtex="""@inproceedings{he2015delving,
  author    = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  title     = {Delving Deep into Rectifiers: Surpassing Human-Level Performance on {ImageNet} Classification},
  booktitle = {International Conference on Computer Vision},
  year      = {2015}
}""",
        ),
        Reference(
            title="Decoupled Weight Decay Regularization",
            authors=("Ilya Loshchilov", "Frank Hutter"),
            year=2019,
            venue="International Conference on Learning Representations (ICLR)",
            url="https://arxiv.org/abs/1711.05101",
            bibtex="""@inproceedings{loshchilov2019decoupled,
  author    = {Loshchilov, Ilya and Hutter, Frank},
  title     = {Decoupled Weight Decay Regularization},
  booktitle = {International Conference on Learning Representations},
  year      = {2019}
}""",
        ),
        Reference(
            title="Early Stopping - But When?",
            authors=("Lutz Prechelt",),
            year=1998,
            venue="Neural Networks: Tricks of the Trade, LNCS 1524, 55-69",
            url="https://page.mi.fu-berlin.de/prechelt/Biblio/stop_tricks1997.pdf",
            bibtex="""@incollection{prechelt1998early,
  author    = {Prechelt, Lutz},
  title     = {Early Stopping - But When?},
  booktitle = {Neural Networks: Tricks of the Trade},
  series    = {LNCS},
  volume    = {1524},
  pages     = {55--69},
  year      = {1998}
}""",
        ),
    ),
    family="regularisers",
    builds_on=("mlp", "backprop", "vanishing", "dropout", "batchnorm", "adam"),
    summary="What keeps signals alive in a deep network, and keeps it from learning noise by heart, measured.",
    network="DeepMLP",
    parameters=4_799_010,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(__name__, {"DeepMLP": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
