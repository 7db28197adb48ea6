"""How much each hyper-parameter explains: a forest learns the trials' results, and its variance is taken apart."""

import numpy as np
from jaxtyping import Float


def analysis(
    units: Float[np.ndarray, "trials dims"], scores: Float[np.ndarray, " trials"], seed: int = 0
) -> tuple[list[float], list[list[float]]]:
    """The share of the variance that each hyper-parameter alone explains, and its curve: the expected score at 16 of
    its values, all others uniform.

    The hyper-parameters are given as numbers from 0 to 1 that trials have drawn uniformly. A random forest of 100
    trees learns the score from them. With f its prediction, the curve is E[f | x_j], and the share Var(E[f | x_j]) /
    Var(f), by Monte Carlo, with the same points for each value of x_j: each of their coordinates lies once in every
    1/200 (a Latin hypercube). What is left of 1 are interactions.
    Source: Hutter, Hoos & Leyton-Brown (2014), section 3, who sum over the leaves of the trees instead.
    """
    from sklearn.ensemble import RandomForestRegressor

    count, dims, random = 200, units.shape[1], np.random.default_rng(seed)
    forest = RandomForestRegressor(n_estimators=100, random_state=seed).fit(units, scores)
    places = random.permuted(np.tile(np.arange(count), (dims, 1)), axis=1).T
    others = (places + random.random((count, dims))) / count
    total = forest.predict(random.random((20_000, dims))).var()
    curves = []
    for j in range(dims):
        points = np.repeat(others[None], 16, 0)
        points[:, :, j] = ((np.arange(16) + 0.5) / 16)[:, None]
        curves.append(forest.predict(points.reshape(-1, dims)).reshape(16, -1).mean(1))
    return [float(curve.var() / total) for curve in curves], [curve.tolist() for curve in curves]
