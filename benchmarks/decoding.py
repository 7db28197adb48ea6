"""Decoding with caches beside `transformers.generate`: a Transformer of the same size, the same number of tokens.

    python benchmarks/decoding.py [--repeats 7] [--threads 1]

Theirs is Marian's network, which is the paper's, too: norms after the sums, sinusoids, one table of tokens. Weights are
random, and the end of a sentence is never likely, so that both write all tokens they may. The two alternate in one
process and the medians are compared, because machines are noisy.
"""

import statistics
import sys
import time
from collections.abc import Callable
from itertools import product

import torch
import tyro

from firsthand.data.sentences import BOS, EOS, PAD
from firsthand.papers.transformer.model import Config, Transformer
from firsthand.train.decoding import Decoding, search

sys.modules["torchvision"] = None  # type: ignore[assignment]  # transformers looks for it, and needs it for pictures only
SIZES = {
    "laptop": Config(vocab=4000, embed=128, heads=4, layers=2, hidden=256),
    "base": Config(vocab=8000),
}
READ, WRITTEN = 20, 30  # tokens of a sentence, the end among them, and of what is written


def ours(config: Config, beam: int) -> Callable[[torch.Tensor], int]:
    """Our network and search; says how many tokens every sentence has got."""
    torch.manual_seed(0)
    network = Transformer(config).eval()
    network.embedding.weight.data[EOS] = 0.0
    options = Decoding(beam=beam, extra=WRITTEN - READ)

    def write(source: torch.Tensor) -> int:
        return min(len(some[0].tokens) for some in search(network, source, options))

    return write


def theirs(config: Config, beam: int) -> Callable[[torch.Tensor], int]:
    """The same of `transformers`."""
    from transformers import MarianConfig, MarianMTModel

    assert config.vocab is not None
    layers, heads, hidden = (
        {f"{side}_{what}": value for side in ("encoder", "decoder")}
        for what, value in (
            ("layers", config.layers),
            ("attention_heads", config.heads),
            ("ffn_dim", config.hidden),
        )
    )
    torch.manual_seed(0)
    network = MarianMTModel(
        MarianConfig(
            vocab_size=config.vocab,
            d_model=config.embed,
            max_position_embeddings=config.length,
            activation_function="relu",
            scale_embedding=True,
            pad_token_id=PAD,
            eos_token_id=EOS,
            forced_eos_token_id=None,
            decoder_start_token_id=BOS,
            **layers,
            **heads,
            **hidden,
        )
    ).eval()
    network.get_input_embeddings().weight.data[EOS] = 0.0

    def write(source: torch.Tensor) -> int:
        found = network.generate(
            source,
            attention_mask=source != PAD,
            max_new_tokens=WRITTEN,
            num_beams=beam,
            do_sample=False,
            use_cache=True,
            length_penalty=0.6,
        )
        return found.shape[1] - 1

    return write


def seconds(write: Callable[[torch.Tensor], int], source: torch.Tensor) -> float:
    """Time of one call."""
    began = time.perf_counter()
    assert write(source) == WRITTEN
    return time.perf_counter() - began


def main(repeats: int = 7, threads: int = 1) -> None:
    """Print tokens a second of both and the ratio of the times.

    Args:
        repeats: how often the two alternate.
        threads: CPU threads.
    """
    torch.set_num_threads(threads)
    ratios = []
    print(f"{WRITTEN} tokens a sentence, {threads} thread(s), medians of {repeats} repeats; tokens a second")
    print(f"{'network':10}{'sentences':>10}{'beam':>6}{'ours':>10}{'transformers':>14}{'ratio of times':>16}")
    for (name, config), beam in product(SIZES.items(), (1, 4)):
        writers = ours(config, beam), theirs(config, beam)
        for rows in (1, 32):
            generator = torch.Generator().manual_seed(0)
            source = torch.randint(EOS + 1, config.vocab or 0, (rows, READ), generator=generator)
            source[:, -1] = EOS
            for write in writers:
                seconds(write, source)
            times = [[seconds(write, source) for write in writers] for _ in range(repeats)]
            a, b = (statistics.median(column) for column in zip(*times, strict=True))
            ratios.append(a / b)
            speed = [rows * WRITTEN / one for one in (a, b)]
            print(f"{name:10}{rows:10}{beam:6}{speed[0]:10,.0f}{speed[1]:14,.0f}{a / b:16.2f}", flush=True)
    print(f"geometric mean {statistics.geometric_mean(ratios):.3f}")


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
