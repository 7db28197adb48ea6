"""Published weights in Hugging Face's names: a folder of them that reads, and from which training starts."""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import torch
from jaxtyping import Shaped
from torch import Tensor
from torch.nn import Module

from firsthand.data.userfile import located
from firsthand.data.wordpiece import WordPiece, lower_of
from firsthand.errors import UserError
from firsthand.papers.bert.model import BERT, Config
from firsthand.papers.bert.reading import Reader
from firsthand.typed import read_json
from firsthand.weights import Names, fill, read, renamed

FILES = ("model.safetensors", "pytorch_model.bin")
OPTIONAL = ("transform.", "norm.", "bias", "next.", "head.", "encoder.pooler.")  # heads, which a file may lack
Tensors = Mapping[str, Shaped[Tensor, "..."]]


def joined(tensors: Tensors) -> dict[str, Tensor]:
    """Queries, keys and values in one matrix each layer, as ours lie; without what is stored twice."""
    found = {name: value for name, value in tensors.items() if not re.search(r"^(decoder\.|.*position_ids$)", name)}
    for name in [name for name in found if ".attention.q." in name]:
        parts = [found.pop(name.replace(".q.", f".{part}."), None) for part in "qkv"]
        if any(part is None for part in parts):
            raise UserError(f"The weights lack keys or values beside {name}.")
        found[name.replace(".q.", ".in_proj_")] = torch.cat(parts)
    return found


NAMES = (
    Names(
        "Hugging Face's transformers",
        (
            (r"^(bert|model)\.", ""),
            (r"\.gamma$", ".weight"),  # of files that were converted from TensorFlow
            (r"\.beta$", ".bias"),
            (r"^embeddings\.word_embeddings\.", "encoder.embedding."),
            (r"^embeddings\.position_embeddings\.", "encoder.positions."),
            (r"^embeddings\.token_type_embeddings\.", "encoder.segments."),
            (r"^embeddings\.LayerNorm\.", "encoder.norm."),
            (r"^encoder\.layer\.", "encoder.layers."),
            (r"\.attention\.self\.query\.", ".attention.q."),
            (r"\.attention\.self\.key\.", ".attention.k."),
            (r"\.attention\.self\.value\.", ".attention.v."),
            (r"\.attention\.output\.dense\.", ".attention.out_proj."),
            (r"\.attention\.output\.LayerNorm\.", ".attention_norm."),
            (r"\.intermediate\.dense\.", ".expand."),
            (r"\.output\.dense\.", ".contract."),
            (r"\.output\.LayerNorm\.", ".norm."),
            (r"^pooler\.dense\.", "encoder.pooler."),
            (r"^cls\.predictions\.transform\.dense\.", "transform."),
            (r"^cls\.predictions\.transform\.LayerNorm\.", "norm."),
            (r"^cls\.predictions\.", ""),  # the bias, and a decoder that is the embedding
            (r"^cls\.seq_relationship\.", "next."),
            (r"^classifier\.", "head."),
        ),
        joined,
    ),
)


class Said(TypedDict):
    """What a config.json of Hugging Face says of a network."""

    model_type: str
    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: NotRequired[int]
    layer_norm_eps: NotRequired[float]
    hidden_act: NotRequired[str]
    position_embedding_type: NotRequired[str]


def config_of(folder: Path) -> Config:
    """The network that a folder's config.json describes; raises UserError for one that is no BERT."""
    path = folder / "config.json"
    said = read_json(path, Said, "it should be the config.json of a BERT in Hugging Face's format")
    others = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for name, ours in others.items():
        if said.get(name, ours) != ours:
            raise UserError(f"{path} says {name} '{said[name]}', and BERT has '{ours}'.")
    return Config(
        vocab=said["vocab_size"],
        hidden=said["hidden_size"],
        layers=said["num_hidden_layers"],
        heads=said["num_attention_heads"],
        feed=said["intermediate_size"],
        length=said["max_position_embeddings"],
        segments=said.get("type_vocab_size", 2),
        eps=said.get("layer_norm_eps", 1e-12),
    )


def is_published(name: str | Path) -> bool:
    """Whether this is a folder of published weights, rather than a run."""
    folder = located(name)
    return (folder / "config.json").is_file() and any((folder / file).is_file() for file in FILES)


class Start:
    """Where weights come from: the network's sizes, its tensors in our names, and its vocabulary."""

    def __init__(self, path: Path, config: Config, tensors: Tensors, vocabulary: Path, lower: bool):
        self.path, self.config, self.tensors = path, config, tensors
        self.vocabulary, self.lower = vocabulary, lower
        known = len(self.known)
        if known != config.vocab:
            raise UserError(f"{vocabulary} has {known:,} tokens, and the network of {path} has {config.vocab}.")

    @classmethod
    def of_folder(cls, name: str | Path) -> "Start":
        """A folder with config.json, vocab.txt and model.safetensors; raises UserError naming what is wrong."""
        folder = located(name)
        vocabulary = folder / "vocab.txt"
        if not vocabulary.is_file():
            raise UserError(f"{folder} has no vocab.txt, without which nobody knows what its tokens are.")
        config, file = config_of(folder), next(folder / file for file in FILES if (folder / file).is_file())
        with torch.device("meta"):
            expected = BERT(config).state_dict()
        return cls(folder, config, renamed(read(file), expected, NAMES), vocabulary, lower_of(folder))

    @classmethod
    def of_run(cls, run: Any) -> "Start":
        """A run of pre-training or of fine-tuning."""
        vocabulary = run.path / "vocabulary.json"
        return cls(run.path, run.recipe.model, run.model.state_dict(), vocabulary, True)

    @property
    def known(self) -> WordPiece:
        """The vocabulary."""
        return WordPiece.read(self.vocabulary, self.lower)

    def understood(self, recipe: Any) -> Any:
        """The recipe with the network and the vocabulary that the weights are of; dropout and outputs stay its own."""
        own = {name: getattr(recipe.model, name) for name in ("dropout", "outputs", "causal")}
        data = replace(recipe.data, vocabulary=str(self.vocabulary.resolve()), lower=self.known.lower)
        return replace(recipe, model=replace(self.config, **own), data=data)

    def first(self, task: Any, network: Module) -> Module:
        """A network with these weights; a head that they lack, or have for other outputs, keeps its own."""
        network = deepcopy(network)
        fill(network, self.tensors, self.path, ("head",), OPTIONAL)
        return network

    def reader(self) -> Reader:
        """A network that reads a user's sentences; without the heads of pre-training, the encoder alone."""
        network = BERT(self.config)
        fill(network, self.tensors, self.path, optional=OPTIONAL)
        network.eval()
        return Reader(network if "transform.weight" in self.tensors else network.encoder, self.known)


def origin(weights: str | Path, load: Callable[[str | Path], Any]) -> Start:
    """What training starts from: a published folder, or a run, which `load` finds."""
    if Path(weights).is_file():
        raise UserError(f"{weights} is a file: give the folder that has its config.json and vocab.txt, too.")
    return Start.of_folder(weights) if is_published(weights) else Start.of_run(load(weights))
