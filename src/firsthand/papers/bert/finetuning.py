"""Fine-tuning: say which class a sentence or a pair is of, or a number, all weights trained together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.data.labelled import Row
from firsthand.data.userfile import remark
from firsthand.data.wordpiece import WordPiece
from firsthand.errors import UserError
from firsthand.nn import log_softmax, softmax
from firsthand.papers.bert.classifier import Classifier
from firsthand.papers.bert.model import PAD
from firsthand.papers.bert.reading import AT_ONCE, Reader, reader_of
from firsthand.papers.bert.spans import inputs
from firsthand.papers.bert.weights import origin
from firsthand.train.folder import read_json
from firsthand.train.task import Batch, Examples, Task, Trained


class Sentences(Examples):
    """Examples as tokens; a batch is as wide as its longest."""

    def batch(self, indices: Tensor) -> Batch:
        """The examples with these indices."""
        inputs, targets = super().batch(indices)
        return inputs[:, :, : int((inputs[:, 0] != PAD).sum(1).max())], targets


class FineTuning(Task):
    """Classes: cross-entropy in nats, error, and of two classes Matthews' correlation; numbers: the squared error, and
    Pearson's and Spearman's correlation."""

    network = Classifier
    eval_batch = 128
    labels = True
    origin = staticmethod(origin)

    def __init__(self, recipe: Any):
        sets = recipe.data.load()
        self.classes = sets.classes
        if recipe.data.vocabulary is not None:
            known = WordPiece.read(recipe.data.vocabulary, recipe.data.lower)
        else:
            remark(f"No --weights: this network starts from nothing, with pieces of words of '{recipe.data.name}'.")
            texts = [text for row in sets.train for text in (row.text, row.other) if text]
            known = WordPiece.of(texts, recipe.data.size, recipe.data.lower)
        self.vocabulary = known
        outputs = 1 if self.classes is None else len(self.classes)
        model = recipe.model
        if model.vocab not in (None, len(known)) or model.outputs not in (None, outputs):
            raise UserError(
                f"model.vocab is {model.vocab} and model.outputs {model.outputs}, but the data has {len(known)} tokens "
                f"and {outputs} outputs; leave them to the data."
            )
        model = replace(model, vocab=len(known), outputs=outputs)
        super().__init__(replace(recipe, model=model, data=recipe.data.located()))
        for part in ("train", "val", "test"):
            given = getattr(sets, part)
            setattr(self, part, None if given is None else self.examples(given))

    def examples(self, given: Sequence[Row]) -> Sentences:
        """Rows as the network reads them."""
        others = None if given[0].other is None else [row.other or "" for row in given]
        longest = min(self.recipe.data.length, self.recipe.model.length)
        read = inputs([row.text for row in given], others, self.vocabulary, longest)
        if self.classes is None:
            return Sentences(read, torch.tensor([float(row.label) for row in given]))
        return Sentences(read, torch.tensor([self.classes.index(row.label) for row in given]))

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of every example."""
        if self.classes is None:
            return (outputs[:, 0] - targets).square()
        return -log_softmax(outputs).gather(1, targets[:, None])[:, 0]

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """Its mean."""
        return self.losses(model(batch[0]), batch[1]).mean()

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """The loss of every example."""
        return {"loss": self.losses(model(batch[0]), batch[1])}

    def measure(self, model: Module, examples: Examples, device: torch.device | str) -> dict[str, float]:
        """Means over all examples, and correlations."""
        found = []
        for indices in torch.arange(len(examples)).split(self.eval_batch):
            found.append(model(self.on(device, model, examples.batch(indices))[0]).double().cpu())
        outputs, targets = torch.cat(found), examples.targets
        scores = {"loss": self.losses(outputs, targets).mean().item()}
        if self.classes is None:
            return scores | correlations(outputs[:, 0], targets)
        said = outputs.argmax(1)
        scores["error"] = (said != targets).double().mean().item()
        if len(self.classes) == 2:
            from sklearn.metrics import matthews_corrcoef

            scores["matthews"] = float(matthews_corrcoef(targets, said))
        return scores

    def files(self) -> dict[str, Any]:
        """The vocabulary, and the names of the classes, none where it is a number."""
        return {"vocabulary.json": self.vocabulary.to_json(), "classes.json": list(self.classes or ())}

    @classmethod
    def reader(cls, run: Trained) -> Reader:
        """A trained network that reads a user's sentences."""
        return reader_of(run)

    @classmethod
    @torch.no_grad()
    def label(cls, run: Trained, texts: Sequence[str], others: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """What a trained network says of a user's sentences or pairs, a row each."""
        reader = reader_of(run)
        path = run.folder.path / "classes.json"
        classes = read_json(path, list[str])
        if len(classes) != (0 if run.recipe.data.of_numbers else run.recipe.model.outputs):
            raise UserError(f"{path} has {len(classes)} classes, but the network learned {run.recipe.model.outputs}.")
        found = []
        for start in range(0, len(texts), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            read = reader.inputs(texts[part], None if others is None else others[part], run.recipe.data.length)
            found.append(run.model(read))
        outputs = torch.cat(found)
        rows = [{"text": text} | ({} if others is None else {"other": others[i]}) for i, text in enumerate(texts)]
        if not classes:
            return [row | {"label": value} for row, value in zip(rows, outputs[:, 0].tolist(), strict=True)]
        likely, best = softmax(outputs).max(1)
        pairs = zip(rows, best.tolist(), likely.tolist(), strict=True)
        return [row | {"label": classes[i], "confidence": p} for row, i, p in pairs]

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Which classes of the validation set are confused; of numbers, what was said beside what was right."""
        from firsthand.figures import images  # matplotlib takes half a second to import

        if self.classes is None or len(self.classes) > 30:
            return
        device, outputs = next(model.parameters()).device, []
        with torch.no_grad():
            for indices in torch.arange(len(self.val)).split(self.eval_batch):
                outputs.append(model(self.val.batch(indices)[0].to(device)).cpu())
        yield "confusion", images.confusion(self.val.targets, torch.cat(outputs).argmax(1), self.classes)


def correlations(outputs: Float[Tensor, " examples"], targets: Float[Tensor, " examples"]) -> dict[str, float]:
    """Pearson's and Spearman's; 0 where all outputs are alike."""
    from scipy import stats

    if len(outputs) < 2 or outputs.unique().numel() < 2 or targets.unique().numel() < 2:
        return {"pearson": 0.0, "spearman": 0.0}
    pair = outputs.numpy(), targets.double().numpy()
    return {
        "pearson": float(stats.pearsonr(*pair).statistic),
        "spearman": float(stats.spearmanr(*pair).statistic),
    }
