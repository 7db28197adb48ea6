"""What Sphinx is told: Markdown by MyST, the look by Furo, formulas by the KaTeX that lies beside this file."""

import re
from html import escape
from pathlib import Path
from typing import Any

import firsthand
from firsthand.site.live import PAGE

project = "firsthand"
version = release = firsthand.__version__
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
smartquotes = False  # an option's two dashes stay two
language = "en"

html_theme = "furo"
html_title = "firsthand"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_math_renderer = "katex"
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # summaries would be fetched, which a page from a file may not
html_permalinks_icon = "#"
pygments_style = "tango"
pygments_dark_style = "github-dark"


def inline(translator: Any, node: Any) -> None:
    """A formula within a line as its TeX, which the page's script typesets."""
    from docutils.nodes import SkipNode

    translator.body.append(f'<span class="formula">{escape(node.astext())}</span>')
    raise SkipNode


def displayed(translator: Any, node: Any) -> None:
    """Formulas on lines of their own; those that stand apart may go under one another where there is little room."""
    from docutils.nodes import SkipNode

    shown = "".join(f'<div class="formula">{escape(part.strip())}</div>' for part in apart(node.astext()))
    translator.body.append(f'<div class="formulas">{shown}</div>')
    raise SkipNode


def apart(tex: str) -> list[str]:
    """The formulas between wide spaces that stand in no environment."""
    parts, depth = [""], 0
    for piece in re.split(r"(\\qquad\b|\\begin\b|\\end\b)", tex):
        depth += {r"\begin": 1, r"\end": -1}.get(piece, 0)
        if piece == r"\qquad" and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def with_formulas(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give a page that holds formulas what typesets them."""
    from docutils.nodes import math, math_block

    if doctree is not None and any(doctree.findall(lambda node: isinstance(node, math | math_block))):
        app.add_css_file("katex/katex.min.css")
        app.add_js_file("katex/katex.min.js")
        app.add_js_file("formulas.js")


def with_networks(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the page on which networks write its look."""
    if page == PAGE:
        app.add_css_file("live/live.css")


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_html_math_renderer(
        "katex",
        (inline, None),
        (displayed, None),
    )
    app.connect("html-page-context", with_formulas)
    app.connect("html-page-context", with_networks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
