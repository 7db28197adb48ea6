"""How much each hyper-parameter explains: a forest learns the trials' results, and its variance is taken apart."""

from itertools import combinations

import numpy as np
from jaxtyping import Float


def shares(
    units: Float[np.ndarray, "trials dims"], scores: Float[np.ndarray, " trials"], seed: int = 0
) -> dict[tuple[int, ...], float]:
    """Shares of the variance that single hyper-parameters (j,) and pairs (j, k) explain, beyond their single shares.

    The hyper-parameters are given as numbers from 0 to 1 that trials have drawn uniformly. A random forest of 100
    trees learns the score from them. With f its prediction and the hyper-parameters uniform and independent,
        V_j = Var(E[f | x_j])        V_jk = Var(E[f | x_j, x_k]) - V_j - V_k        shares = V / Var(f)
    by Monte Carlo, the same points for each value of x_j.
    Source: Hutter, Hoos & Leyton-Brown (2014), section 3, who sum over the leaves of the trees instead.
    """
    from sklearn.ensemble import RandomForestRegressor

    dims, random = units.shape[1], np.random.default_rng(seed)
    forest = RandomForestRegressor(n_estimators=100, random_state=seed).fit(units, scores)
    others = spread(200, dims, random)
    values = (np.arange(16) + 0.5) / 16

    def marginal(chosen: tuple[int, ...]) -> np.ndarray:
        """E[f | the chosen] on a grid."""
        grid = np.stack(np.meshgrid(*[values] * len(chosen), indexing="ij"), -1).reshape(-1, len(chosen))
        points = np.repeat(others[None], len(grid), 0)
        points[:, :, list(chosen)] = grid[:, None]
        return forest.predict(points.reshape(-1, dims)).reshape(len(grid), -1).mean(1)

    total = forest.predict(random.random((20_000, dims))).var()
    single = {(j,): marginal((j,)).var() / total for j in range(dims)}
    pairs = {
        (j, k): marginal((j, k)).var() / total - single[j,] - single[k,] for j, k in combinations(range(dims), 2)
    }
    return {chosen: float(share) for chosen, share in (single | pairs).items()}


def curve(
    units: Float[np.ndarray, "trials dims"], scores: Float[np.ndarray, " trials"], dim: int, seed: int = 0
) -> list[float]:
    """The expected score at 16 values of one hyper-parameter, all others uniform."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=100, random_state=seed).fit(units, scores)
    points = np.repeat(spread(200, units.shape[1], np.random.default_rng(seed))[None], 16, 0)
    points[:, :, dim] = ((np.arange(16) + 0.5) / 16)[:, None]
    return forest.predict(points.reshape(-1, units.shape[1])).reshape(16, -1).mean(1).tolist()


def spread(count: int, dims: int, random: np.random.Generator) -> Float[np.ndarray, "count dims"]:
    """Points from 0 to 1, each coordinate once in every 1/count (a Latin hypercube), so that less is left to luck."""
    places = random.permuted(np.tile(np.arange(count), (dims, 1)), axis=1).T
    return (places + random.random((count, dims))) / count
