"""Prose for the pages: docstrings and statements as HTML, notes as Markdown with links to the papers they name."""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from inspect import cleandoc

WIDE = "---\nhide-toc: true\n---\n"  # the head of a page that needs the room of its table of contents
Link = Callable[[str], str | None]  # a name in backticks to where it leads; None: it is no link


def html(text: str, link: Link = lambda name: None) -> str:
    """A docstring as HTML: paragraphs, `names` as code and as links where they lead somewhere, indented lines as is."""
    return "\n".join(_blocks(cleandoc(text), link))


def _blocks(text: str, link: Link) -> Iterator[str]:
    """What stands between blank lines, cut where the indentation of four spaces begins or ends."""
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        while lines:
            indented = lines[0].startswith("    ")
            end = next((i for i, line in enumerate(lines) if line.startswith("    ") != indented), len(lines))
            part, lines = lines[:end], lines[end:]
            if indented:
                shown = "\n".join(line[4:] for line in part)
                yield f"<pre>{escape(shown)}</pre>"
            else:
                yield from _paragraphs(part, link)


def _paragraphs(lines: list[str], link: Link) -> Iterator[str]:
    """A paragraph; a list's items, and the line that names the source, each stand on their own."""
    found: list[str] = []
    for line in lines:
        if re.match(r"Source:|- |\d+\. ", line) and found:
            yield f"<p>{inline(' '.join(found), link)}</p>"
            found = []
        found.append(line.strip())
    kind = ' class="source"' if found and found[0].startswith("Source:") else ""
    yield f"<p{kind}>{inline(' '.join(found), link)}</p>"


def inline(text: str, link: Link = lambda name: None) -> str:
    """One paragraph's text: what stands between backticks is code, an address is a link."""
    parts = re.split(r"(`[^`]+`|https?://[^\s,;]+[^\s,;.)])", text)
    return "".join(_inline(part, link) for part in parts)


def _inline(part: str, link: Link) -> str:
    """Code, an address, or words between them."""
    if part.startswith("`"):
        code, target = f"<code>{escape(part[1:-1])}</code>", link(part[1:-1])
        return code if target is None else f'<a href="{target}">{code}</a>'
    if part.startswith("http"):
        return f'<a href="{escape(part)}">{escape(part)}</a>'
    return escape(part)


def raw(content: str) -> str:
    """HTML inside Markdown."""
    return f"``````{{raw}} html\n{content}\n``````"


def annotated(passages: str, before: str = "", after: str = "") -> str:
    """Passages of a source file, words beside code, between HTML before and after them."""
    return raw(f'{before}<div class="annotated">{passages}</div>{after}')


def linked(markdown: str, link: Link) -> str:
    """Notes with links: addresses that stand bare, and names in backticks that lead somewhere; code stays."""
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _linked(part, link) for part in parts)


def _linked(text: str, link: Link) -> str:
    """A part of the notes that holds no block of code."""

    def name(match: re.Match[str]) -> str:
        target = link(match[1])
        return match[0] if target is None else f"[{match[0]}]({target})"

    text = re.sub(r"(?<![`\[])`([^`\n]+)`(?![`\]])", name, text)
    return re.sub(r"(?<![(<\[`\w])(https?://[^\s<>`]*[^\s<>`.,;:)])", r"<\1>", text)


def table(head: list[str], rows: Iterable[list[str]], right: tuple[int, ...] = ()) -> str:
    """A table in Markdown; the columns whose numbers, from 0, are in `right` stand to the right."""
    rule = ["---:" if i in right else "---" for i in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def toctree(pages: Iterable[str], caption: str = "") -> str:
    """The pages that Sphinx hangs under this one, in the sidebar only: each `place` or `title <place>`."""
    title = f":caption: {caption}\n" if caption else ""
    return "\n".join(["```{toctree}", f":hidden:\n{title}", *pages, "```"])
