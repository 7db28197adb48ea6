"""Drawing tokens against brute force and exact frequencies; writing lines with a network whose answers are known."""

import itertools
import time

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import Module

from firsthand.bounds import whole
from firsthand.data.vocabulary import Vocabulary
from firsthand.errors import UserError
from firsthand.nn.sampling import sample
from firsthand.train.sampling import Sampling
from firsthand.train.writing import write_lines

DRAWS = 4000


def drawn(logits: list[float], **options) -> list[int]:
    """How often each token comes in DRAWS draws."""
    rows = torch.tensor([logits]).expand(DRAWS, -1)
    generator = torch.Generator().manual_seed(0)
    return sample(rows, generator=generator, **options).bincount(minlength=len(logits)).tolist()


def support(counts: list[int]) -> set[int]:
    return {token for token, count in enumerate(counts) if count}


# Probabilities of 1/200 and more, so that 4000 draws miss none of the tokens that may come (e^-20 each).
weights = st.lists(st.integers(1, 20), min_size=2, max_size=7)


@settings(max_examples=60, deadline=None)
@given(weights, st.integers(1, 8))
def test_top_k_by_brute_force(weights, k):
    """The tokens of which fewer than k are likelier; ties with the last one stay in, since nothing tells them apart."""
    expected = {i for i, w in enumerate(weights) if sum(other > w for other in weights) < k}
    assert support(drawn(torch.tensor(weights).float().log().tolist(), top_k=k)) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=6, unique=True), st.floats(0.01, 1.0))
def test_top_p_by_brute_force(weights, p):
    """Of all sets of tokens that hold at least p, the smallest; of equally small ones, the likeliest."""
    total = sum(weights)
    sets = [
        chosen
        for size in range(1, len(weights) + 1)
        for chosen in itertools.combinations(range(len(weights)), size)
        if sum(weights[i] for i in chosen) / total >= p - 1e-12
    ]
    assume(all(abs(sum(weights[i] for i in chosen) / total - p) > 1e-5 for chosen in sets))  # float32 decides otherwise
    best = min(sets, key=lambda chosen: (len(chosen), -sum(weights[i] for i in chosen)), default=range(len(weights)))
    assert support(drawn(torch.tensor(weights).float().log().tolist(), top_p=p)) == set(best)


def test_the_whole_nucleus():
    """p = 1 forbids nothing."""
    assert support(drawn([0.0, 0.5, -1.0, 0.2], top_p=1.0)) == {0, 1, 2, 3}


def test_k_and_p_together():
    """Of 40, 30, 20 and 10 % the three likeliest become 44, 33 and 22 %: two of them hold 0.75, but not 0.8."""
    logits = torch.tensor([0.4, 0.3, 0.2, 0.1]).log().tolist()
    assert support(drawn(logits, top_k=3, top_p=0.8)) == {0, 1, 2}
    assert support(drawn(logits, top_k=3, top_p=0.75)) == {0, 1}
    assert support(drawn(logits, top_p=0.75)) == {0, 1, 2}


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"temperature": 3.0}, {"top_k": 3, "temperature": 2.0}])
def test_frequencies(options):
    """Within five standard deviations of softmax(logits / temperature) over the tokens that may come."""
    logits = torch.tensor([1.0, 0.3, -0.5, 0.0, 2.0], dtype=torch.float64)
    allowed = logits.topk(options.get("top_k", 5)).indices
    exact = torch.zeros(5, dtype=torch.float64)
    exact[allowed] = (logits[allowed] / options.get("temperature", 1.0)).exp()
    exact /= exact.sum()
    for count, p in zip(drawn(logits.float().tolist(), **options), exact.tolist(), strict=True):
        assert abs(count - DRAWS * p) <= 5 * (DRAWS * p * (1 - p)) ** 0.5


def test_greedy():
    """The likeliest token of every row, whatever else is asked for; the first of equal ones."""
    logits = torch.tensor([[0.0, 3.0, 1.0], [5.0, 5.0, 5.0], [-1.0, -2.0, -0.5]])
    assert sample(logits, greedy=True, temperature=9.0, top_k=1).tolist() == [1, 0, 2]


def test_rows_are_independent():
    """Each row has its own support."""
    logits = torch.tensor([[9.0, 0.0, 0.0], [0.0, 0.0, 9.0]]).repeat(500, 1)
    found = sample(logits, top_k=1, generator=torch.Generator().manual_seed(0)).view(-1, 2)
    assert found.unique(dim=0).tolist() == [[0, 2]]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": -1.0}, "temperature"),
        ({"top_k": 0}, "top-k"),
        ({"top_p": 0.0}, "top-p"),
        ({"top_p": 1.5}, "top-p"),
    ],
)
def test_values_out_of_range(options, word):
    """Said in one sentence with the value."""
    with pytest.raises(UserError, match=f"{word} must .*{next(iter(options.values()))}"):
        sample(torch.zeros(2, 3), **options)


class Next(Module):
    """After letter i of the alphabet comes letter i + 1, after the last one the end; at the start comes the first."""

    def __init__(self, vocab: int):
        super().__init__()
        self.vocab = vocab

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return 99.0 * torch.nn.functional.one_hot((tokens[:, -1] + 1) % self.vocab, self.vocab)


ALPHABET = Vocabulary(tuple("abcdefgh"))


def written(count: int = 1, model: Module | None = None, **options) -> list[str]:
    generator = torch.Generator().manual_seed(0)
    return write_lines(model or Next(9), ALPHABET, count, Sampling(**options), generator, 3)


def test_lines_end_at_the_end_token():
    """From the empty prompt, and from one in the middle of the alphabet, which is kept."""
    assert written(3) == ["abcdefgh"] * 3
    assert written(prompt="e") == ["efgh"]
    assert written(prompt="hhc") == ["hhcdefgh"]
    assert written(0) == []


def test_max_length():
    """The longest line, prompt included."""
    assert written(max_length=4) == ["abcd"]
    assert written(max_length=4, prompt="bc") == ["bcde"]
    with pytest.raises(UserError, match="The prompt has 4 tokens; max-length must be larger, got 4"):
        written(max_length=4, prompt="abcd")
    with pytest.raises(UserError, match="max_length must be at least 1, got 0"):
        written(max_length=0)


def test_a_prompt_longer_than_the_context():
    """The network sees its last characters only; the line holds all of it."""
    assert written(prompt="abababf") == ["abababfgh"]


def test_a_prompt_with_unseen_characters():
    """They are named."""
    with pytest.raises(UserError, match="The vocabulary does not have 'yz'"):
        written(prompt="abyz")


def test_a_negative_count():
    """Refused."""
    with pytest.raises(UserError, match="count must be at least 0, got -1"):
        written(-1)


def test_lines_do_not_wait_for_each_other():
    """Rows that have ended stay as they are while others go on, and cost nothing any more."""
    rows = []

    class Uneven(Next):
        def forward(self, tokens):
            rows.append(len(tokens))
            logits = super().forward(tokens)
            logits[:, 0] += 98.0  # now the line ends after each letter with probability 1 / (1 + e)
            return logits

    lines = written(2000, Uneven(9))
    assert all("abcdefgh".startswith(line) for line in lines)
    assert rows == [sum(len(line) >= length for line in lines) for length in range(len(rows))]
    ended = sum(line == "" for line in lines)
    assert abs(ended - 2000 / (1 + torch.e)) < 5 * (2000 * 0.27 * 0.73) ** 0.5


@pytest.fixture(scope="module")
def trained(tmp_path_factory, lines_file, tiny):
    """A network that has learned a little of the made-up names."""
    import firsthand

    out = tmp_path_factory.mktemp("trained") / "run"
    changes = tiny | {"steps": 300, "batch": 128, "model.hidden": (32,), "eval_every": 300, "checkpoint_every": 300}
    return firsthand.train("mlp", out=out, progress=False, **changes)


def test_ten_thousand_names_in_a_few_seconds(trained):
    """All lines are written together, token by token."""
    began = time.perf_counter()
    names = trained.sample(10_000)
    assert time.perf_counter() - began < 5
    assert len(names) == 10_000
    assert len(set(names)) > 1000


def test_samples_follow_the_network(trained):
    """The share of first letters is the network's own answer at the start of a line, within five deviations."""
    names = trained.sample(10_000)
    vocabulary = Vocabulary.of(trained.recipe.data.read())
    with torch.no_grad():
        exact = torch.softmax(trained.model(torch.zeros(1, 3, dtype=torch.long)), 1)[0]
    for letter in vocabulary.characters:
        p = exact[vocabulary.encode(letter)[0]].item()
        assert abs(sum(name.startswith(letter) for name in names) - 10_000 * p) <= 5 * (10_000 * p * (1 - p)) ** 0.5


def test_seeds_and_prompts(trained):
    """The same seed writes the same lines, another seed others; the prompt begins every line."""
    assert trained.sample(20, seed=4) == trained.sample(20, seed=4) != trained.sample(20, seed=5)
    assert all(name.startswith("ka") for name in trained.sample(50, prompt="ka"))
    assert max(len(name) for name in trained.sample(200, max_length=3)) == 3
    assert len(set(trained.sample(7, greedy=True))) == 1
    with pytest.raises(UserError, match="does not have 'é'"):
        trained.sample(3, prompt="é")


def test_new_lines_are_new(trained):
    """Distinct, and none of them in the training set; a greedy network has one line at most."""
    known = set(trained.recipe.data.load().train)
    assert len(set(trained.sample(1000)) & known) > 5, "the network copies nothing: the test proves nothing"
    names = trained.sample(800, new=True)
    assert len(names) == len(set(names)) == 800
    assert not set(names) & known and "" not in names
    assert len(trained.sample(100, new=True, greedy=True)) <= 1


def test_options_are_checked(trained):
    """From Python as on the command line."""
    with pytest.raises(UserError, match="count must be at least 0, got -1"):
        trained.sample(-1)
    for count in ("5", 2.5, True, None):
        with pytest.raises(UserError, match="count must be a whole number"):
            whole("count", count, "[0, 9]")
    bad = {"temperature": (0.0, 1e-40, torch.inf, torch.nan), "top_p": (0.0, torch.nan), "seed": (2**64,)}
    for name, values in bad.items():
        for value in values:
            with pytest.raises(UserError, match=f"{name} must be"):
                Sampling(**{name: value})
    with pytest.raises(UserError, match="did you mean 'temperature'"):
        trained.sample(3, temperatur=0.5)
    with pytest.raises(UserError):
        trained.sample(3, top_k="many")
    with pytest.raises(UserError, match="does not classify images"):
        trained.classify(["image.png"])
