"""What the pages are made of, piece by piece: words beside code, links, formulas, the map, the folder and the port."""

import ast
import re
import socket
import textwrap
from html import unescape
from pathlib import Path
from typing import get_args

import pytest

from firsthand import papers
from firsthand.claims.claim import Kind, Verdict
from firsthand.errors import UserError
from firsthand.nn import PAIRS
from firsthand.reproduce.table import MARK
from firsthand.site import build, conf, exercise, prose, results
from firsthand.site.library import Library
from firsthand.site.origin import Origin
from firsthand.site.serve import server
from firsthand.site.source import Source, Writer, docstring_lines


@pytest.fixture(scope="module")
def library() -> Library:
    return Library()


def text(html: str) -> str:
    """What a reader sees of a piece of HTML."""
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("key", papers.networks())
def test_a_network_is_shown_line_by_line(key):
    """Every line once and in order, but for docstrings, which stand beside them, and blank lines between passages."""
    source = Source(papers.get(key).folder / "model.py")
    shown = [line for passage in source.passages for line in passage.lines]
    assert shown == sorted(set(shown))
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    said = {line for node in nodes for line in docstring_lines(node)}
    missing = [line for line in range(1, len(source.lines) + 1) if line not in shown and line not in said]
    assert [source.lines[line - 1] for line in missing if source.lines[line - 1].strip()] == []
    words = [passage.words for passage in source.passages]
    public = [node for node in source.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert all(ast.get_docstring(node) in words for node in public if ast.get_docstring(node))


def test_every_operation_shows_both_implementations(library):
    found = {
        name
        for module, source in library.files.items()
        if module.count(".") == 1
        for name in source.definitions
        if library.fast(module, name)
    }
    assert found == set(PAIRS)


def test_a_fast_implementation_comes_with_what_it_uses(library):
    shown = text(library.explained(Writer(lambda source: {}), "nn.lstm", "lstm"))
    assert "class _LSTM(torch.autograd.Function)" in shown and "def backward" in shown
    assert "def lstm(" in shown and "def lstm_peephole(" not in shown


def test_layers_name_the_operations_that_they_are_made_of(library):
    names = [name for _, name in library.operations("nn.recurrent", "LSTM")]
    assert names == ["lstm", "lstm_1997", "lstm_peephole"]


def test_lines_and_names_have_addresses(library):
    html = library.explained(Writer(lambda source: library.links(source, "../")), "nn.linear", "Linear")
    node = library.files["nn.linear"].definitions["Linear"]
    assert f'id="L{node.lineno}"' in html and f'href="#L{node.lineno}"' in html and 'id="Linear"' in html
    assert 'href="../layers/init.html#uniform_"' in html


@pytest.mark.parametrize(
    ("docstring", "html"),
    [
        ("One & two.\nThree.", "<p>One &amp; two. Three.</p>"),
        ("Has\n\n    a < b\n    c\n\nmore.", "<p>Has</p>\n<pre>a &lt; b\nc</pre>\n<p>more.</p>"),
        ("So `x`.\nSource: sec. 2.", '<p>So <code>x</code>.</p>\n<p class="source">Source: sec. 2.</p>'),
        ("See `known`.", '<p>See <a href="there"><code>known</code></a>.</p>'),
        ("At https://x.org/a.", '<p>At <a href="https://x.org/a">https://x.org/a</a>.</p>'),
    ],
)
def test_docstrings_become_html(docstring, html):
    assert prose.html(docstring, {"known": "there"}.get) == html


@pytest.mark.parametrize(
    ("notes", "linked"),
    [
        ("see `gru` and `other`", "see [`gru`](gru.md) and `other`"),
        ("[`gru`](elsewhere.md)", "[`gru`](elsewhere.md)"),
        ("```sh\nfirsthand train `gru` https://x.org\n```", "```sh\nfirsthand train `gru` https://x.org\n```"),
        ("at https://x.org/a, or", "at <https://x.org/a>, or"),
        ("[words](https://x.org/a) <https://x.org>", "[words](https://x.org/a) <https://x.org>"),
    ],
)
def test_notes_get_links(notes, linked):
    assert prose.linked(notes, {"gru": "gru.md"}.get) == linked


@pytest.mark.parametrize("key", papers.networks())
def test_every_network_has_its_formulas(key):
    """In TeX, on lines of their own, between words; what they look like is seen in the browser."""
    path: Path = papers.get(key).folder / "formulas.md"
    found = path.read_text(encoding="utf-8")
    assert found.startswith("# In formulas\n\n")
    displays = re.findall(r"^\$\$\n(.*?)\n\$\$$", found, re.MULTILINE | re.DOTALL)
    assert displays and found.count("$$") == 2 * len(displays)
    rest = re.sub(r"^\$\$\n.*?\n\$\$$", "", found, flags=re.MULTILINE | re.DOTALL)
    assert rest.count("$") % 2 == 0
    for tex in [*displays, *re.findall(r"\$([^$]+)\$", rest)]:
        plain = tex.replace(r"\{", "").replace(r"\}", "")
        brackets = [len(re.findall(rf"\\{side}(?![a-z])", tex)) for side in ("left", "right")]
        assert plain.count("{") == plain.count("}") and brackets[0] == brackets[1]
    assert max(map(len, found.splitlines())) <= 120


def test_formulas_that_stand_apart_are_several():
    assert conf.apart(r"a = b, \qquad c") == ["a = b, ", " c"]
    together = r"\begin{aligned} a &= b \qquad c \end{aligned}"
    assert conf.apart(together + r" \qquad d") == [together + " ", " d"]


@pytest.mark.parametrize("key", papers.exercises())
def test_an_exercise_gives_no_answer(key):
    """No line of an answer's body, if it is long enough to be its own, stands on its page."""
    shown = {" ".join(line.split()) for line in text(exercise.page(papers.get(key))[1]).splitlines()}
    for step in papers.get(key).exercise.steps:
        source = textwrap.dedent(step.source)
        for node in ast.walk(ast.parse(source)):
            given = [ast.unparse(one) for one in getattr(node, "decorator_list", [])]
            if not isinstance(node, ast.FunctionDef) or "given" in given:
                continue
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = [" ".join(line.split()) for line in source.splitlines()[body[0].lineno - 1 : node.end_lineno]]
            assert [line for line in lines if len(line) > 12 and line in shown] == []


def test_an_answer_on_a_page_would_be_seen():
    """The test above can fail: the answers' own file holds what it looks for."""
    step = papers.get("lstm").exercise.step("step")
    shown = {" ".join(line.split()) for line in step.source.splitlines()}
    assert any(len(line) > 12 and "tanh" in line for line in shown)


def test_an_installed_package_says_what_it_lacks():
    """Without the repository there are claims but no numbers; each page says so in a sentence."""
    pages = dict(build.pages(Origin(None)))
    assert all("installed package" in pages[name] for name in ("contributing", "results/index", "papers/lstm/claims"))
    assert "firsthand reproduce lstm" in pages["papers/lstm/claims"]
    assert "figures/" not in pages["papers/lstm/claims"] and "claims" not in pages["catalogue"].split("## Vision")[1]


def test_a_journal_shows_in_the_journey(tmp_path, call):
    call("study", "done", "lstm", "--pass", 1, "--journal", tmp_path)
    (tmp_path / "papers").mkdir(exist_ok=True)
    (tmp_path / "papers" / "lstm.md").write_text("---\nkey: lstm\n---\n# My title\n\nWhat I think.\n")
    pages = dict(build.inner(Origin.found(tmp_path)))
    assert "✔ bird's eye" in pages["journey"]
    assert "What I think." in pages["papers/lstm/own"] and "My title" not in pages["papers/lstm/own"]
    assert "Your note" in pages["papers/lstm/index"] and "papers/gru/own" not in pages


def test_every_verdict_and_kind_of_a_claim_is_explained():
    signs = {part.split()[0] for part in results.LEGEND.split(", ")}
    assert signs == {words.split()[0] for words in MARK.values()} and set(MARK) == set(get_args(Verdict))
    assert set(results.KINDS) == set(get_args(Kind))


def test_nothing_of_another_kind_is_written_over(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="holds something else"):
        build.build(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_the_command_tells_what_cannot_be(tmp_path, call):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert call("site", "--port", 99999)[0] == 2
    code, _, told = call("site", "--out", tmp_path, "--no-serve")
    assert code == 2 and "give --out another folder" in told
    code, _, told = call("site", "--out", tmp_path / "site", "--no-serve", "--journal", tmp_path / "none")
    assert code == 2 and "give --journal that of your journal" in told


def test_pages_of_sphinx_itself_do_not_count():
    told = []
    one = build.counting("pages made", 2, lambda *words: told.append(words))
    for page in ("index", "live", "search"):
        one(page)
    assert told == [("pages made", 1, 2), ("pages made", 2, 2)]


def test_without_sphinx_the_way_out_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "find_spec", lambda name: None if name == "furo" else object())
    with pytest.raises(UserError, match=r"^Sphinx makes the site, and furo cannot.*pip install 'firsthand\[site\]'"):
        build.build(tmp_path / "site")


def test_a_port_that_is_taken_is_told():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="is taken"):
            server(Path("."), other.getsockname()[1])


def test_only_this_machine_is_served(tmp_path):
    one = server(tmp_path, 0)
    try:
        assert one.server_address[0] == "127.0.0.1"
    finally:
        one.server_close()
