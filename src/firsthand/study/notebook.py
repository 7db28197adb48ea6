"""The judge in a notebook: `firsthand.judge("lstm", step)`."""

from collections.abc import Callable

from firsthand import papers
from firsthand.bounds import SEED, whole
from firsthand.study.judge import Judgement, judge_answer
from firsthand.study.lesson import fresh, told


def judge(key: str, answer: Callable, step: str | None = None, seed: int | None = None) -> Judgement:
    """Judge your own version of one step of a paper, say in a notebook: print what is wrong, and return the judgement.

    `step` names the step where the function has another name. It runs in this process, without limits.
    Raises UserError for an unknown paper or step.
    """
    exercise = papers.get(key).exercise
    chosen = exercise.step(step or getattr(answer, "__name__", ""))
    seed = fresh() if seed is None else seed
    whole("seed", seed, SEED)
    found = judge_answer(exercise, chosen, answer, seed)
    print(*(line.plain for line in told(key, len(exercise.steps), found, seed)), sep="\n")
    return found
