"""What Sphinx is told: Markdown by MyST, the look by Furo, formulas by the KaTeX that lies beside this file."""

from html import escape
from pathlib import Path
from typing import Any

import firsthand

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


def formula(translator: Any, node: Any, display: bool) -> None:
    """A formula as its TeX, which the page's script typesets."""
    from docutils.nodes import SkipNode

    tag = "div" if display else "span"
    translator.body.append(f'<{tag} class="formula">{escape(node.astext())}</{tag}>')
    raise SkipNode


def with_formulas(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give a page that holds formulas what typesets them."""
    from docutils.nodes import math, math_block

    if doctree is not None and any(doctree.findall(lambda node: isinstance(node, math | math_block))):
        app.add_css_file("katex/katex.min.css")
        app.add_js_file("katex/katex.min.js")
        app.add_js_file("formulas.js")


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_html_math_renderer(
        "katex",
        (lambda translator, node: formula(translator, node, False), None),
        (lambda translator, node: formula(translator, node, True), None),
    )
    app.connect("html-page-context", with_formulas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
