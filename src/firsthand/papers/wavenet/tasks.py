"""What is trained: the next token of a text, the next character of a name by the tree, the next sample of a sound."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import Module

from firsthand.data.sounds import read_wav, wav
from firsthand.data.userfile import located
from firsthand.errors import UserError
from firsthand.nn.sampling import sample
from firsthand.papers.wavenet.audio import Codes
from firsthand.papers.wavenet.hierarchy import HierarchicalNetwork
from firsthand.papers.wavenet.model import WaveNet
from firsthand.papers.wavenet.mulaw import decode, encode
from firsthand.train.folder import write_atomically
from firsthand.train.language import LanguageModeling
from firsthand.train.next_character import NextCharacter
from firsthand.train.sampling import Sampling
from firsthand.train.task import Trained
from firsthand.typed import read_json

LENGTH = 2.0  # seconds of sound that are written where no max-length is given
GIVEN, WRITTEN = 0.05, 0.1  # seconds of a held-out sound that the figure shows, and of what the network writes on


class TextTask(LanguageModeling):
    """Predict every next token of a text, or of lines such as names."""

    network = WaveNet


class TreeTask(NextCharacter):
    """Predict the next character of a name from the eight before it."""

    network = HierarchicalNetwork


class SoundTask(TextTask):
    """Predict every next code of a sound."""

    @classmethod
    def writes(cls, recipe: Any) -> str:
        """What a trained network writes."""
        return "sound"

    @classmethod
    def save(cls, run: Trained, path: Path, options: Sampling = Sampling()) -> dict[str, Any]:
        """Write a sound as a WAV file; the prompt is the path of one that is gone on with.

        `max_length` counts samples, the prompt's among them. Returns the samples, rate and seconds.
        Raises UserError for a prompt with another rate and for options that are about text.
        """
        from rich.console import Console
        from rich.progress import track

        if options.stop:
            raise UserError("The option 'stop' is for text, and this network writes sound: leave it out.")
        vocabulary = run.folder.path / "vocabulary.json"
        codes = read_json(vocabulary, Codes)
        rate, levels = codes.rate, codes.levels
        if rate < 1 or levels != run.recipe.model.vocab:
            raise UserError(f"{vocabulary} is damaged: it tells of {levels} codes at {rate} a second.")
        prompt = torch.zeros(0, dtype=torch.long)
        if options.prompt:
            samples, its_rate = read_wav(located(options.prompt))
            if its_rate != rate:
                raise UserError(f"{options.prompt} has {its_rate} samples a second, the network's sounds have {rate}.")
            prompt = encode(torch.from_numpy(samples), levels)
        length = options.max_length or len(prompt) + round(LENGTH * rate)
        more = length - len(prompt)
        if more < 1:
            raise UserError(f"The prompt has {len(prompt)} samples; max-length must be larger, got {length}.")
        written = islice(generate(run.model, prompt, options, levels), more)
        shown = track(written, "Writing samples", total=more, console=Console(stderr=True), transient=True)
        samples = decode(torch.cat([prompt, torch.tensor(list(shown), dtype=torch.long)]), levels).numpy()
        write_atomically(path, wav(samples, rate))
        return {"samples": len(samples), "rate": rate, "seconds": len(samples) / rate}

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """How the network goes on where a held-out sound is taken away, drawn twice."""
        from firsthand.papers.wavenet.waveforms import continued  # matplotlib takes half a second to import

        rate, levels = self.vocabulary.rate, self.vocabulary.levels
        more = round(WRITTEN * rate)
        held_out = torch.from_numpy(self.val.tokens[: model.receptive_field + more].astype(np.int64))
        prompt = held_out[: model.receptive_field]
        if len(held_out) < model.receptive_field + more:
            return
        training = model.training
        model.eval()
        draws = [list(islice(generate(model, prompt, Sampling(seed=seed), levels), more)) for seed in range(2)]
        model.train(training)
        begin = max(0, len(prompt) - round(GIVEN * rate))
        sounds = (held_out, *(torch.cat([prompt, torch.tensor(codes)]) for codes in draws))
        yield "sound", continued([decode(s, levels).numpy()[begin:] for s in sounds], len(prompt) - begin, rate)


@torch.no_grad()
def generate(
    model: WaveNet, prompt: Int[Tensor, " time"], options: Sampling = Sampling(), levels: int = 256
) -> Iterator[int]:
    """One code after the other, for ever, each drawn from the network's distribution after all before it.

    With queues (`cache`) a code costs one pass of every layer over one sample. Without, the network reads its whole
    receptive field again for each: the same logits, since nothing else can change them.
    """
    generator = torch.Generator().manual_seed(options.seed)
    read, state = prompt if len(prompt) else torch.tensor([levels // 2]), None  # silence
    device = next(model.parameters()).device
    while True:
        read = read if options.cache else read[-model.receptive_field :]
        logits, queues = model.advance(read[None].to(device), state)
        last = logits[:, -1].cpu()
        chosen = sample(last, options.temperature, options.top_k, options.top_p, options.greedy, generator)
        read, state = (chosen, queues) if options.cache else (torch.cat([read, chosen]), None)
        yield int(chosen)
