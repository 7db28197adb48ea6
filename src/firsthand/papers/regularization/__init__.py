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
        ),
        Reference(
            title="Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification",
            authors=("Kaiming He", "Xiangyu Zhang", "Shaoqing Ren", "Jian Sun"),
            year=2015,
            venue="International Conference on Computer Vision (ICCV)",
            url="https://arxiv.org/abs/1502.01852",
        ),
        Reference(
            title="Comparing Biases for Minimal Network Construction with Back-Propagation",
            authors=("Stephen Hanson", "Lorien Pratt"),
            year=1988,
            venue="Advances in Neural Information Processing Systems 1 (NIPS), 177-185",
            url="https://papers.nips.cc/paper_files/paper/1988/hash/1c9ac0159c94d8d0cbedc973445af2da-Abstract.html",
        ),
        Reference(
            title="A Simple Weight Decay Can Improve Generalization",
            authors=("Anders Krogh", "John Hertz"),
            year=1991,
            venue="Advances in Neural Information Processing Systems 4 (NIPS), 950-957",
            url="https://papers.nips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html",
        ),
        Reference(
            title="Decoupled Weight Decay Regularization",
            authors=("Ilya Loshchilov", "Frank Hutter"),
            year=2019,
            venue="International Conference on Learning Representations (ICLR)",
            url="https://arxiv.org/abs/1711.05101",
        ),
        Reference(
            title="Early Stopping - But When?",
            authors=("Lutz Prechelt",),
            year=1998,
            venue="Neural Networks: Tricks of the Trade, LNCS 1524, 55-69",
            url="https://page.mi.fu-berlin.de/prechelt/Biblio/stop_tricks1997.pdf",
        ),
        Reference(
            title="Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
            authors=("Sergey Ioffe", "Christian Szegedy"),
            year=2015,
            venue="International Conference on Machine Learning (ICML)",
            url="https://arxiv.org/abs/1502.03167",
        ),
        Reference(
            title="Neural Networks: Zero to Hero, makemore part 3",
            authors=("Andrej Karpathy",),
            year=2022,
            venue="Lectures and notebooks",
            url="https://github.com/karpathy/nn-zero-to-hero",
        ),
    ),
    family="regularisers",
    builds_on=("backprop", "vanishing", "dropout", "adam"),
    summary="What keeps signals alive in a deep network, and keeps it from memorising noise, measured.",
    network="DeepMLP",
    parameters=4_799_010,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(__name__, {"DeepMLP": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
