"""The results file as Markdown: the paper's number, ours with its spread, the verdict, the command and its time."""

import math
from typing import Any

MARK = {
    "reproduced": "✔ reproduced",
    "checked": "≡ checked",
    "partly": "◐ partly",
    "not reproduced": "✘ not reproduced",
    "not tested at this scale": "○ not tested at this scale",
}


def mean(values: list[float | None]) -> float:
    """The mean; a run that gave no number (it diverged) makes it NaN."""
    return math.nan if any(v is None for v in values) else sum(values) / len(values)


def spread(values: list[float | None]) -> float:
    """The sample standard deviation over the seeds; 0 for one seed."""
    if len(values) < 2:
        return 0.0
    centre = mean(values)
    return math.sqrt(sum((v - centre) ** 2 for v in values) / (len(values) - 1)) if not math.isnan(centre) else math.nan


def render(content: dict[str, Any]) -> str:
    """The whole page for one paper."""
    lines = [
        f"# {content['title']}: paper vs ours",
        "",
        f"Made by `firsthand reproduce {content['paper']}`; do not edit.",
        "",
    ]
    lines += ["| claim | kind | verdict |", "| --- | --- | --- |"]
    lines += [
        f"| [{claim['statement']}](#{claim['key']}) | {claim['kind']} | {MARK[claim['verdict']]} |"
        for claim in content["claims"]
    ]
    for claim in content["claims"]:
        lines += ["", *section(content["paper"], claim)]
    return "\n".join(lines) + "\n"


def section(paper: str, claim: dict[str, Any]) -> list[str]:
    """One claim: its table, what had to hold, remark, figure and commands."""
    lines = [f"## {claim['key']}", "", f"**{claim['statement']}** ({claim['where']})", ""]
    lines += [f"Verdict: **{MARK[claim['verdict']]}**", ""]
    lines += [f"{claim['untested']}", ""] if claim["untested"] else []
    for number, condition in enumerate(claim["conditions"]):
        role = "decides; " if number == 0 and len(claim["conditions"]) > 1 else ""
        limit = f" ({role}limit: {condition['limit']})" if claim["kind"] else ""
        lines.append(f"- {'✔' if condition['holds'] else '✘'} {condition['words']}{limit}")
    lines += [
        "",
        f"| arm | measure | {'source' if claim['kind'] == 'a secondary number' else 'paper'} | ours | spread | seeds "
        "| seconds a run |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for arm in claim["arms"]:
        none = missing(arm)
        for number, measure in enumerate(claim["measures"]):
            values, digits = arm["ours"][measure["name"]], measure["digits"]
            theirs = arm["paper"].get(measure["name"])
            lines.append(
                f"| {arm['name'] if number == 0 else ''} | {measure['label']} "
                f"| {'' if theirs is None else show(theirs, digits)} "
                f"| {show(mean(values), digits, none)} "
                f"| {f'± {show(spread(values), digits, none)}' if len(values) > 1 else ''} | {len(values)} "
                f"| {arm['seconds'] if number == 0 else ''} |"
            )
    if claim["remark"]:
        lines += ["", claim["remark"]]
    machine = claim["machine"]
    lines += ["", f"![{claim['key']}]({paper}-{claim['key']}.png)", "", "```sh"]
    lines += [arm["command"] for arm in claim["arms"]]
    lines += ["```", ""]
    lines += [
        f"Seeds {', '.join(map(str, claim['seeds']))}; the commands show the first. firsthand {claim['firsthand']}"
        + (f" at {claim['commit']}" if claim.get("commit") else "")
        + f", torch {machine['torch']}, {machine['threads']} of {machine['cores']} cores"
        + (f" of {machine['cpu']}" if "cpu" in machine else "")
        + f" ({machine['cuda'] or 'no GPU'}), "
        f"{claim['date']}." + (" Runs shared the machine with others." if not claim["timed"] else "")
    ]
    return lines


def missing(arm: dict[str, Any]) -> str:
    """What stands where an arm gave no number: its experiment never came to it, or its training diverged."""
    return "never" if arm["command"].startswith("firsthand experiment") else "diverged"


def show(value: float, digits: int, none: str = "diverged") -> str:
    """A number with this many decimals; one that is none in words."""
    return none if math.isnan(value) else f"{value:,.{digits}f}"
