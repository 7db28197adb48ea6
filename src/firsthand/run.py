"""A training run: what was asked, what came out, and the trained network ready to use."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from firsthand import __version__, papers
from firsthand.bounds import whole
from firsthand.errors import UserError
from firsthand.options import override, words
from firsthand.train.folder import RunFolder, read_json
from firsthand.train.launch import Launch
from firsthand.train.recipe import flat
from firsthand.train.sampling import Sampling
from firsthand.typed import START_AGAIN

FILES = {"sound": "sound.wav", "pictures": "samples.png"}  # what is written into a file, and the file's usual name


class Run:
    """A training run: what was asked, what came out, and the trained network ready to use."""

    def __init__(self, folder: RunFolder):
        self.folder = folder

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @cached_property
    def config(self) -> dict[str, Any]:
        """What was asked for, as config.json says."""
        config = self._config
        missing = [name for name in ("preset", "data", "seed", "recipe") if name not in config]
        if missing or not isinstance(config["recipe"].get("steps"), int):
            what = missing[0] if missing else "recipe.steps"
            raise UserError(f"{self.path / 'config.json'} is damaged ({what} is missing); {START_AGAIN}.")
        return config

    @cached_property
    def problem(self) -> str | None:
        """Why this run cannot be shown beside others, in one sentence; None if it can."""
        try:
            _ = self.config, self.result
            papers.get(self.config["paper"])
            for rows in self.folder.rows.values():
                rows.readable()
        except UserError as error:
            return str(error)
        return None

    @cached_property
    def _config(self) -> dict[str, Any]:
        return self.folder.config

    @property
    def is_experiment(self) -> bool:
        """Whether the folder is that of an experiment."""
        try:
            return "experiment" in self._config
        except UserError:
            return False

    @property
    def result(self) -> dict[str, Any] | None:
        """What came out, as result.json says; None while the run is unfinished."""
        return self.folder.result

    @property
    def diverged(self) -> bool:
        """Whether the loss of a finished run was no number in the end; a range test goes so far on purpose."""
        if self.result is None or self.recipe.schedule.name == "range":
            return False
        return "diverged" in self.result["stopped"] or self.result["metrics"].get("train_loss") is None

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl."""
        return list(self.folder.metrics)

    @cached_property
    def recipe(self) -> Any:
        """The recipe that was trained, rebuilt from config.json; an option that it lacks has its class's default."""
        with self._named():
            plain = type(papers.get(self.config["paper"]).preset(self.config["preset"]))()
            recipe = override(plain, self.config["recipe"])
        return self.understood(recipe) if getattr(recipe.data, "vocabulary", None) else recipe

    @property
    def launch(self) -> Launch:
        """Where and how it computed."""
        with self._named():
            return override(Launch(), self.config.get("launch", {}))

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say which file a mistake is in, and which version wrote it."""
        try:
            yield
        except UserError as error:
            wrote = self.config.get("firsthand", __version__)
            wrote = "" if wrote == __version__ else f", which firsthand {wrote} wrote,"
            raise UserError(f"{self.path / 'config.json'}{wrote} does not suit this version. {error}") from None

    def understood(self, recipe: Any) -> Any:
        """The recipe with this run's vocabulary in place of one made from the data, where there is a vocabulary."""
        saved = self.path / "vocabulary.json"
        if not (saved.exists() and hasattr(recipe.data, "vocabulary")):
            return recipe
        return replace(recipe, data=replace(recipe.data, vocabulary=str(saved.resolve())))

    def first(self, task: Any, network: Any) -> Any:
        """The network whose weights a network of this task starts from; UserError where they do not fit."""
        ours, theirs = ({n: tuple(p.shape) for n, p in m.state_dict().items()} for m in (network, self.model))
        for name in ours | theirs:
            there, here = theirs.get(name, "absent"), ours.get(name, "absent")
            if there != here:
                mine, its = ({f"model.{o}": v for o, v in flat(r.model).items()} for r in (task.recipe, self.recipe))
                differ = {o: v for o, v in its.items() if mine.keys() == its.keys() and mine[o] != v}
                raise UserError(
                    f"The weights of {self.path}, a run of '{self.config['paper']}', do not fit: "
                    f"{name} is {there} there and {here} here"
                    + (f"; it had {shlex.join(words(self.recipe, differ))}." if differ else ".")
                )
        for name, content in task.files().items():
            saved = self.path / name
            if not saved.exists() or read_json(saved) != content:
                raise UserError(f"The weights of {self.path} do not fit: its {name} is not that of this run's data.")
        return self.model

    @cached_property
    def model(self) -> Any:
        """The trained network with the weights that count (see result.json), in evaluation mode."""
        from firsthand.train import checkpoint

        kinds = ("best", "step") if self.recipe.keep == "best" else ("step",)
        for kind in kinds:
            if saved := checkpoint.newest(self.folder.checkpoints, kind):
                break
        else:
            raise UserError(
                f"{self.path} has no checkpoint yet: continue it with `firsthand train --resume {self.path}`."
            )
        scored = saved[1].get("state", {}).get("best") is not None or "best" in (self.result or {}).get("weights", "")
        if (kind, len(kinds)) == ("step", 2) and scored:
            raise UserError(f"The best weights of {self.path}, its checkpoints/best-*, are gone: put them back.")
        try:
            network = checkpoint.network_of(self.recipe.task.without_data(self.recipe), checkpoint.weights(saved[0]))
        except UserError as error:
            raise UserError(f"{self.path} cannot be used. {error}") from None
        return network.eval()

    @property
    def trained(self) -> Any:
        """The network, recipe and folder, as tasks take them."""
        from firsthand.train.task import Trained

        return Trained(self.model, self.recipe, self.folder)

    @property
    def classifies(self) -> bool:
        """Whether the trained network says what a picture shows."""
        return self.recipe.task.classifies

    @property
    def writes(self) -> str | None:
        """What the trained network writes: "lines", such as names, "text", "sound", "pictures", or nothing."""
        return self.recipe.task.writes(self.recipe)

    def sample(self, count: int = 20, *, new: bool = False, **options: Any) -> list[str]:
        """Write `count` lines or texts; `new`: distinct lines not in the training set; options as in `Sampling`."""
        return ["".join(text) for text in self.write(count, new=new, **options)]

    def write(self, count: int = 1, *, new: bool = False, **options: Any) -> Iterator[Iterator[str]]:
        """The same as it is written: each line or text as an iterator of its pieces."""
        whole("count", count, "[0, 1e8]")
        if self.writes is None:
            way = f'translate {self.path} "a sentence"' if self.translates else f"classify {self.path} image.png"
            raise UserError(f"{self.config['paper']} does not write text; try `firsthand {way}`.")
        if self.writes in FILES:
            raise UserError(
                f"This network writes {self.writes}: firsthand sample {self.path} --out {FILES[self.writes]}"
            )
        return self.recipe.task.sample(self.trained, count, self._how(options), new)

    def pictures(self, count: int | None = None, *, between: tuple[Any, Any] | None = None, **options: Any) -> Any:
        """Make `count` new pictures (pictures, channel, height, width), 0 black to 1 white; options as in `Sampling`.

        By default 64; with `between`, picture files or numbers of test pictures, a path of ten from one to the other.
        """
        if self.writes != "pictures":
            raise UserError(f"{self.path} does not write pictures.")
        count = (10 if between else 64) if count is None else count
        whole("count", count, "[1, 1e5]")
        ends = between and (str(between[0]), str(between[1]))
        return self.recipe.task.pictures(self.trained, count, self._how(options), ends)

    def save(
        self, path: str | Path, *, count: int | None = None, between: tuple[Any, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Write a new sound into a WAV file, or new pictures into a PNG, and say what it holds.

        Options as in `Sampling`, of pictures also those of `pictures`.
        """
        if between is not None and self.writes != "pictures":
            raise UserError(f"{self.path} does not write pictures: leave out --between.")
        if self.writes not in FILES:
            raise UserError(f"{self.path} writes no file: leave out --out, or send its text on: > {path}")
        if self.writes == "sound" and (between is not None or count not in (None, 1)):
            raise UserError("A run that writes sound writes one at a time: vary the --seed.")
        if Path(path).parent == self.path:
            self.folder.refuse_links()
        if self.writes == "sound":
            return self.recipe.task.save(self.trained, Path(path), self._how(options))
        from firsthand.train import sheet

        to = sheet.target(Path(path))
        return sheet.save(self.pictures(count, between=between, **options), to)

    def _how(self, options: dict[str, Any]) -> Sampling:
        """The options as they are checked."""
        how = override(Sampling(), options)
        if how.keep is not None and self.writes != "pictures":
            raise UserError(f"The option 'keep' is for pictures, and {self.path} writes {self.writes}: leave it out.")
        return how

    def classify(self, paths: str | Path | Iterable[str | Path], crops: int = 1) -> list[dict[str, Any]]:
        """Say which class each image file shows, and how surely, from the middle of it or from 10 or 144 parts."""
        task, network = self.classifier
        paths = [paths] if isinstance(paths, str | Path) else paths
        return list(task.see(network, [Path(path) for path in paths], crops))

    @property
    def vectors(self) -> Any:
        """The vectors of words that it learned, as `WordVectors`: `run.vectors.nearest(["paris"])`."""
        return self.recipe.task.word_vectors(self.trained)

    @property
    def translates(self) -> bool:
        """Whether the trained network translates sentences."""
        return self.recipe.task.translates

    def translate(self, sentences: str | Iterable[str], **options: Any) -> list[str]:
        """The translations of one sentence or several; `beam` and `alpha` as in `Decoding`. Raises UserError."""
        sentences = [sentences] if isinstance(sentences, str) else list(sentences)
        rows = list(self.translations(sentences, many=32, **options))
        for number, row in enumerate(rows, 1):
            if "error" in row:
                raise UserError(f"Sentence {number} cannot be translated: {row['error']}.")
        return [row["translation"] for row in rows]

    def translations(
        self, sentences: Iterable[str], many: int = 1, others: Sequence["Run"] = (), **options: Any
    ) -> Iterator[dict[str, Any]]:
        """The same with scores, tokens and alignments, or an "error", a row each, as they come, `many` at a time.

        With other runs, of the same tokens, their probabilities are averaged. An option that is None is as the recipe
        says.
        """
        if not self.translates:
            raise UserError(f"{self.config['paper']} does not translate; `firsthand list` tells which papers do.")
        given = {name: value for name, value in options.items() if value is not None}
        decoding = override(self.recipe.decoding, given)
        return self.recipe.task.translate(self._together(others), sentences, decoding, many)

    def _together(self, others: Sequence["Run"]) -> Any:
        """This run, its network one with those of others; UserError for runs of other tokens."""
        if not others:
            return self.trained
        from firsthand.train.ensemble import Ensemble

        mine = self.path / "vocabulary.json"
        for other in others:
            saved = other.path / mine.name
            if not saved.exists() or read_json(saved) != read_json(mine):
                raise UserError(
                    f"{other.path} has other tokens than {self.path}: train both on the same data, with other seeds."
                )
        return replace(self.trained, model=Ensemble([run.model for run in (self, *others)]).eval())

    def fill(self, texts: str | Iterable[str], many: int = 5) -> list[dict[str, Any]]:
        """For each text what its words [MASK] may be: the `many` likeliest tokens with their probabilities."""
        return self.reader.fill([texts] if isinstance(texts, str) else list(texts), many)

    def label(self, texts: str | Iterable[str], others: str | Iterable[str] | None = None) -> list[dict[str, Any]]:
        """For each sentence, or pair of them, its class and how sure that is, or its number."""
        texts = [texts] if isinstance(texts, str) else list(texts)
        others = [others] if isinstance(others, str) else others if others is None else list(others)
        if not self.recipe.task.labels:
            paper = self.config["paper"]
            raise UserError(f"{self.path} is a run of '{paper}' that was not fine-tuned to label sentences.")
        if others is not None and len(others) != len(texts):
            raise UserError(f"There are {len(texts)} sentences and {len(others)} second ones: give as many.")
        return self.recipe.task.label(self.trained, texts, others)

    def embed(self, texts: str | Iterable[str], pooling: str = "mean") -> Any:
        """A vector for each text (texts, hidden): the mean of its tokens, the first one's, or that one "pooled"."""
        texts = [texts] if isinstance(texts, str) else list(texts)
        return self.reader.embed(texts, pooling)

    @property
    def reader(self) -> Any:
        """The trained network as one that reads a user's sentences."""
        task = self.recipe.task
        if not (task.fills or task.labels):
            raise UserError(
                f"{self.path} is a run of '{self.config['paper']}', which reads no sentences: firsthand train bert "
                "makes one that does."
            )
        return task.reader(self.trained)

    @property
    def classifier(self) -> tuple[Any, Any]:
        """The task that sees pictures as the network has learned to, and the network."""
        if not self.classifies:
            raise UserError(f"{self.config['paper']} does not classify images; try `firsthand sample {self.path}`.")
        return self.recipe.task.of_run(self.trained), self.model
