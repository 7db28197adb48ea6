"""The mistakes that implementations of these rules make: for each, numbers that only the right formula gives."""

import pytest
import torch

from firsthand.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, RMSprop


def walk(make, gradients, start=0.0, dtype=torch.float64, **options):
    """Where one weight stands after each of these gradients; a callable computes the gradient at the weight."""
    p = torch.nn.Parameter(torch.tensor(start, dtype=dtype))
    optimizer = make([p], **options)
    path = []
    for gradient in gradients:
        p.grad = torch.full_like(p, gradient(p.item()) if callable(gradient) else gradient)
        optimizer.step()
        path.append(p.item())
    return path


def steps(path):
    return [after - before for before, after in zip([0.0, *path[:-1]], path, strict=True)]


def test_nesterov_takes_the_gradient_at_the_look_ahead():
    """The weights are the points w + mu v of Sutskever et al. (2013), equations 3 and 4, on a quadratic."""
    mu, lr, curvature = 0.9, 0.05, 3.0
    w, v, ahead = 2.0, 0.0, []
    for _ in range(25):
        v = mu * v - lr * curvature * (w + mu * v)
        w += v
        ahead.append(w + mu * v)
    path = walk(SGD, [lambda p: curvature * p] * 25, start=2.0, lr=lr, momentum=mu, nesterov=True)
    assert path == pytest.approx(ahead, rel=1e-12)
    assert path[0] == pytest.approx(2.0 - (1 + mu) * lr * curvature * 2.0)


def test_the_heavy_ball_in_its_form_of_two_points():
    """Polyak (1964): x_{k+1} = x_k - a f'(x_k) + b (x_k - x_{k-1})."""
    before, x, expected = 2.0, 2.0, []
    for _ in range(25):
        before, x = x, x - 0.05 * 3.0 * x + 0.8 * (x - before)
        expected.append(x)
    assert walk(SGD, [lambda p: 3.0 * p] * 25, start=2.0, lr=0.05, momentum=0.8) == pytest.approx(expected, rel=1e-12)


def test_the_first_gradient_is_not_dampened():
    """With dampening = momentum = 0.9, v is 2, then 0.9 2 + 0.1 g: not the running mean from zero."""
    path = walk(SGD, [2.0, 2.0, -4.0], lr=1.0, momentum=0.9, dampening=0.9)
    assert steps(path) == pytest.approx([-2.0, -2.0, -(0.9 * 2.0 - 0.4)], rel=1e-12)


@pytest.mark.parametrize("make", [SGD, RMSprop])
def test_the_velocity_is_not_the_gradient(make):
    """It must survive what happens to the gradient's memory between two steps."""
    p = torch.nn.Parameter(torch.zeros(3))
    optimizer = make([p], lr=0.1, momentum=0.9)
    p.grad = torch.ones(3)
    for _ in range(2):
        optimizer.step()
        velocity = optimizer.state[p]["momentum_buffer"]
        assert velocity.data_ptr() != p.grad.data_ptr() and not velocity.requires_grad
        before = velocity.clone()
        p.grad.zero_()
        assert torch.equal(velocity, before)


@pytest.mark.parametrize("make", [SGD, RMSprop])
def test_a_rate_that_drops_is_felt_at_once(make):
    """lr multiplies the velocity where it is used: a tenth of the rate is a tenth of the step it would have been."""

    def third(rate):
        p = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
        optimizer = make([p], lr=1.0, momentum=0.9)
        for step in range(3):
            optimizer.param_groups[0]["lr"] = rate if step == 2 else 1.0
            before = p.item()
            p.grad = torch.ones_like(p)
            optimizer.step()
        return p.item() - before

    assert third(0.1) == pytest.approx(third(1.0) / 10, rel=1e-12)


def test_weight_decay_goes_through_the_velocity():
    """Coupled: w = 1 and no gradient, so v is 0.1, then 0.9 0.1 + 0.1 (1 - 0.01)."""
    path = walk(SGD, [0.0, 0.0], start=1.0, lr=0.1, momentum=0.9, weight_decay=0.1)
    assert path == pytest.approx([0.99, 0.99 - 0.1 * (0.09 + 0.099)], rel=1e-12)


def test_adagrad_adds_up_squares_and_before_the_step():
    """A gradient that stays: step t is lr / sqrt(t); the first one lr against the sign, whatever the size."""
    assert steps(walk(Adagrad, [-7.0] * 4, lr=0.1)) == pytest.approx([0.1 / t**0.5 for t in (1, 2, 3, 4)], rel=1e-9)


def test_adagrad_does_not_feel_the_scale_of_the_loss():
    """eps is outside the root and 1e-10: a thousand times the loss goes the same way, to 1e-6."""
    gradients = torch.randn(50, generator=torch.Generator().manual_seed(0)).tolist()
    thousandfold = walk(Adagrad, [1000 * g for g in gradients], lr=0.1)
    assert walk(Adagrad, gradients, lr=0.1) == pytest.approx(thousandfold, rel=1e-6)


def test_decay_of_adagrad_enters_its_sums():
    """With no gradient but weight decay the step is lr against the sign of the weight."""
    assert walk(Adagrad, [0.0], start=2.0, lr=0.1, weight_decay=0.01) == pytest.approx([1.9], rel=1e-6)


def test_rmsprop_starts_its_mean_at_zero_and_uses_the_new_one():
    """First step lr / sqrt(1 - alpha): 3.162 lr; from a mean of 1 it would be about lr g, from the old one infinite."""
    assert walk(RMSprop, [0.01], lr=1.0, alpha=0.9, eps=0.0) == pytest.approx([-(0.1**-0.5)], rel=1e-12)
    second = -2.0 / (0.9 * 0.1 * 1.0 + 0.1 * 4.0) ** 0.5
    assert steps(walk(RMSprop, [1.0, 2.0], lr=1.0, alpha=0.9, eps=0.0))[1] == pytest.approx(second, rel=1e-12)


def test_eps_of_rmsprop_is_outside_the_root():
    """A gradient of 1e-9: the root is 1e-10, eps 1e-8 counts a hundred times that. Inside it would count 1e-4."""
    assert walk(RMSprop, [1e-9], lr=1.0) == pytest.approx([-1e-9 / (1e-10 + 1e-8)], rel=1e-9)


@pytest.mark.parametrize("gradient", [0.7, 1 / 3])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_variance_of_a_gradient_that_stays(gradient, momentum):
    """In float32 s minus the squared mean may round below 0, where torch's root is NaN (not with every processor's
    instructions), ours 0. After 40 steps it is still 0.9^40 = 1.5 % of s, and its rounding, 1e-7 of s, a 1e-5 of it."""
    options = {"lr": 1e-8, "alpha": 0.9, "centered": True, "momentum": momentum}
    ours = walk(RMSprop, [gradient] * 400, dtype=torch.float32, **options)
    assert all(position == position for position in ours)
    assert ours[:40] == pytest.approx(walk(torch.optim.RMSprop, [gradient] * 40, **options), rel=1e-4)


def test_adadelta_uses_its_memory_of_moves_before_the_new_one_enters():
    """A gradient of 1, three times, rho = 0.5, eps = 0.1, by the algorithm's lines."""
    s = a = 0.0
    expected = []
    for _ in range(3):
        s = 0.5 * s + 0.5
        d = ((a + 0.1) / (s + 0.1)) ** 0.5
        a = 0.5 * a + 0.5 * d * d
        expected.append(-d)
    for lr in (1.0, 0.5):  # a remembers d, not lr d
        path = walk(Adadelta, [1.0] * 3, lr=lr, rho=0.5, eps=0.1)
        assert steps(path) == pytest.approx([lr * d for d in expected], rel=1e-12)


def test_eps_of_adadelta_is_inside_both_roots():
    """Outside of them the first step, and so every other, would be 0."""
    first = -((1e-6 / (0.1 + 1e-6)) ** 0.5)
    assert walk(Adadelta, [1.0], lr=1.0) == pytest.approx([first], rel=1e-9)


def test_parameters_share_no_memory():
    """Two that move together, with gradients of their own, go where each would go alone."""
    for make in (SGD, Adagrad, RMSprop, Adadelta, Adam, AdamW, Adamax):
        options = {"momentum": 0.9} if make in (SGD, RMSprop) else {}
        pair = [torch.nn.Parameter(torch.zeros((), dtype=torch.float64)) for _ in range(2)]
        optimizer = make(pair, lr=0.1, **options)
        for _ in range(5):
            for p, gradient in zip(pair, (1.0, -3.0), strict=True):
                p.grad = torch.full_like(p, gradient)
            optimizer.step()
        alone = [walk(make, [gradient] * 5, lr=0.1, **options)[-1] for gradient in (1.0, -3.0)]
        assert [p.item() for p in pair] == pytest.approx(alone, rel=1e-12)


def test_three_steps_of_adam_by_the_algorithm():
    """t starts at 1, and the corrected means are not what is remembered."""
    m = v = w = 0.0
    expected = []
    for t, g in enumerate((1.0, -2.0, 0.5), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
        expected.append(w)
    path = walk(Adam, [1.0, -2.0, 0.5], lr=0.1)
    assert path == pytest.approx(expected, rel=1e-12)
    assert path[0] == pytest.approx(-0.1, rel=1e-6)


def test_eps_of_adam_is_outside_the_corrected_root():
    """Gradients and eps of 1e-8: half the rate at every step; inside the root it would be a ten-thousandth."""
    assert steps(walk(Adam, [1e-8] * 5, lr=0.1)) == pytest.approx([-0.05] * 5, rel=1e-9)


@pytest.mark.parametrize("make", [Adam, AdamW, Adamax, Adagrad])
def test_every_parameter_counts_its_own_steps(make):
    """One that had no gradient for ten steps takes its first step as a first step."""
    options = {"lr_decay": 0.5} if make is Adagrad else {"weight_decay": 0.0}
    one, other = (torch.nn.Parameter(torch.zeros((), dtype=torch.float64)) for _ in range(2))
    optimizer = make([one, other], lr=0.1, **options)
    one.grad = torch.ones_like(one)
    for _ in range(10):
        optimizer.step()
    assert other.item() == 0
    other.grad = torch.full_like(other, 5.0)
    optimizer.step()
    assert other.item() == pytest.approx(-0.1, rel=1e-6)
    assert (optimizer.state[one]["step"], optimizer.state[other]["step"]) == (11, 1)


def test_decoupled_decay_and_l2():
    """No gradient: Adam makes a whole step of the penalty's gradient, AdamW shrinks the weight by lr times decay."""
    assert walk(Adam, [0.0], start=2.0, lr=0.1, weight_decay=0.01) == pytest.approx([1.9], rel=1e-5)
    assert walk(AdamW, [0.0], start=2.0, lr=0.1, weight_decay=0.01) == pytest.approx([2.0 * 0.999], rel=1e-12)


def test_amsgrad_corrects_the_largest_square_as_torch_does():
    """After gradients of 1 and 0 the largest v is the first, 0.1, and its correction the second step's, 1 - 0.9^2."""
    second = steps(walk(Adam, [1.0, 0.0], lr=1.0, betas=(0.5, 0.9), eps=0.0, amsgrad=True))[1]
    assert second == pytest.approx(-(0.25 / (1 - 0.25)) / (0.1 / (1 - 0.81)) ** 0.5, rel=1e-12)


def test_adamax_divides_by_nothing_where_no_gradient_ever_came():
    """The paper's 0 / 0: with eps inside the maximum the weight stays."""
    assert walk(Adamax, [0.0, 0.0], start=2.0) == [2.0, 2.0]
