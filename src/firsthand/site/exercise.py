"""The page of an exercise: what to write, step by step, with folded hints and no answers."""

from collections.abc import Iterator

from firsthand.papers import Paper
from firsthand.papers.exercise import Exercise, Step
from firsthand.site import prose
from firsthand.site.source import highlighted
from firsthand.study.skeleton import stub


def page(paper: Paper) -> tuple[str, str]:
    """Title and text."""
    key, exercise = paper.card.key, paper.exercise
    parts = [
        f"Write the paper yourself, in {len(exercise.steps)} steps, about {exercise.minutes} minutes. The judge runs "
        "what you wrote on fresh inputs, compares values and gradients with the answer's, and names the mistake.",
        f"```sh\nfirsthand exercise {key}          # writes rebuild/{key}.py, with the steps to fill in\n"
        f"firsthand judge {key} --watch     # judges it whenever you save\n```",
    ]
    for step in exercise.steps:
        parts += section(exercise, step)
    return f"{paper.card.title}: exercise", "\n\n".join(parts)


def section(exercise: Exercise, step: Step) -> Iterator[str]:
    """One step."""
    number = exercise.number(step)
    yield f"## Step {number}: {step.name}"
    yield f"About {step.minutes} minutes; it returns {named(step.returns)}."
    yield prose.raw(f'<div class="statement">{prose.html(step.statement)}</div>')
    yield prose.raw(f'<div class="highlight"><pre>{highlighted(stub(step, number))}</pre></div>')
    checks = ["values"] + ["gradients"] * step.gradients + [identity.words for identity in step.identities]
    checked = "".join(f"<li>{prose.inline(words)}</li>" for words in checks)
    known = f"The judge knows {len(step.mistakes)} mistakes of this step by name." if step.mistakes else ""
    yield prose.raw(f"<p>What is judged:</p><ul>{checked}</ul><p>{known}</p>")
    folded = (
        f"<details><summary>Hint {i} of {len(step.hints)}</summary><p>{prose.inline(hint)}</p></details>"
        for i, hint in enumerate(step.hints, 1)
    )
    yield prose.raw("".join(folded))


def named(returns: tuple[str, ...]) -> str:
    """What a step returns, in words."""
    return " and ".join(filter(None, [", ".join(returns[:-1]), returns[-1]]))
