"""A network that answers: a row is right if all of its answers are, and training ends where enough rows are."""

import torch

from firsthand.claims.bench.learning import learn, right
from firsthand.nn import Linear


def test_a_row_is_right_if_all_answers_are():
    """Two answers a row, of which one is wrong in every other row; one answer a row counts alone."""
    logits = torch.eye(3)[torch.tensor([[0, 1], [2, 2], [1, 0], [0, 0]])]
    answers = torch.tensor([[0, 1], [2, 1], [1, 0], [1, 0]])
    assert right(torch.nn.Identity(), (logits, answers)) == 0.5
    assert right(torch.nn.Identity(), (logits[:, 1], answers[:, 1])) == 0.75


def test_it_ends_at_the_target():
    """Which of two numbers is larger is learned soon; what cannot be learned is tried to the end."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)

    def draw(rows: int, sense: bool) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.randn(rows, 2, generator=generator)
        return x, x.argmax(1) if sense else torch.randint(2, (rows,), generator=generator)

    shares, reached = learn(Linear(2, 2), lambda rows: draw(rows, True), 500, 0.01, every=10, target=0.95)
    assert shares[-1] >= 0.95 > max(shares[:-1]) and reached == 10 * len(shares) < 500
    shares, reached = learn(Linear(2, 2), lambda rows: draw(rows, False), 50, 0.01, every=10, target=0.95)
    assert len(shares) == 5 and reached is None
