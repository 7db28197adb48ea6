"""The live page: its weights are the papers' networks, and its JavaScript computes what PyTorch does."""

import base64
import importlib.util
import json
import re
import shlex
import shutil
from functools import cache
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch

from firsthand.api import recipe_for
from firsthand.data.specs import Text
from firsthand.data.vocabulary import Vocabulary
from firsthand.papers.lstm.model import LanguageModel, step
from firsthand.papers.selfattention.model import SelfAttentionNetwork
from firsthand.site import build, live, paper
from firsthand.site.library import Library
from firsthand.site.origin import REPOSITORY, Origin

HELD = live.weights()
KNOWN = Vocabulary(tuple(HELD["characters"]))
CLASSES = {"lstm": LanguageModel, "selfattention": SelfAttentionNetwork}
BEGINNINGS = ("", "a", "kri", "zara sh", "an’", "qqqq", "abcdefghijklmnopqrst")
both = pytest.mark.parametrize("key", live.NETWORKS)


def recipe(key):
    """What the command that made a network asks for."""
    words = shlex.split(HELD[key]["made"]["command"])
    assert words[:5] == ["firsthand", "train", key, "--preset", "names"]
    given = zip(words[5::2], words[6::2], strict=True)
    options = {n.removeprefix("--"): json.loads(v) if re.match(r"[\d.]+$", v) else v for n, v in given}
    return recipe_for(key, "names", None, options)


@cache
def network(key):
    """PyTorch's network with the page's weights, in float32."""
    model = CLASSES[key](recipe_with_vocabulary(key))
    numbers = {
        name: torch.from_numpy(
            np.frombuffer(base64.b64decode(one["float16"]), "<f2").astype("f4").reshape(one["shape"])
        )
        for name, one in HELD[key]["tensors"].items()
    }
    model.load_state_dict(numbers)
    return model.eval()


def recipe_with_vocabulary(key):
    """The network's sizes; the vocabulary is that of the page."""
    config = recipe(key).model
    return type(config)(**vars(config) | {"vocab": len(KNOWN)})


def tokens(text):
    """A name from its start, as a batch of one."""
    return torch.tensor([[0, *KNOWN.encode(text)]])


@cache
def names():
    """Names to test with."""
    return Text("names").load().test


@both
def test_the_tensors_are_those_of_the_network(key):
    """Their names, shapes and numbers, each finite; as many as the page says."""
    expected = {name: list(one.shape) for name, one in CLASSES[key](recipe_with_vocabulary(key)).state_dict().items()}
    assert {name: one["shape"] for name, one in HELD[key]["tensors"].items()} == expected
    for one in HELD[key]["tensors"].values():
        assert len(base64.b64decode(one["float16"])) == 2 * prod(one["shape"])
    assert all(parameter.isfinite().all() for parameter in network(key).parameters())
    assert HELD[key]["parameters"] == sum(map(prod, expected.values()))
    config = vars(recipe(key).model)
    assert {name: config[name] for name in HELD[key]["config"]} == HELD[key]["config"]
    assert KNOWN == Text("names").load().vocabulary


@both
def test_the_stored_logits_are_pytorchs(key):
    with torch.no_grad():
        logits = network(key)(tokens(HELD[key]["prefix"]))[0, -1]
    torch.testing.assert_close(logits, torch.tensor(HELD[key]["logits"]), rtol=0, atol=1e-5)  # another processor's sums


@both
def test_what_is_told_of_the_weights_holds(key):
    """Steps, seed, names and test loss; the file's head says the same as its fields."""
    one, asked = HELD[key], recipe(key)
    assert (one["steps"], one["seed"], asked.data.name) == (asked.steps, asked.seed, "names")
    task = asked.task(asked)
    assert one["names"] == len(task.train)
    with torch.no_grad():
        assert task.measure(network(key), task.test, "cpu")["loss"] == pytest.approx(one["test_loss"], abs=1e-4)
    head = live.FILE.read_text(encoding="utf-8").partition("const ")[0]
    assert f"{key}: {one['parameters']:,} parameters, seed {one['seed']}, test loss {one['test_loss']:.4f}" in head
    assert one["made"]["command"] in head and one["made"]["cpu"] in head
    assert live.FILE.stat().st_size < 500_000


def test_the_file_is_what_its_script_writes():
    """From its own content, without training; whoever edits it by hand is told."""
    spec = importlib.util.spec_from_file_location("docs_live", REPOSITORY / "docs" / "live.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.written(HELD) == live.FILE.read_text(encoding="utf-8")


@torch.no_grad()
def lstm_parts(text):
    """i, f, g, o, c and h after every token, each (time, hidden), by the paper's own step."""
    lstm, hidden = network("lstm").lstm, HELD["lstm"]["config"]["hidden"]
    W, U = lstm.weight_ih_l0.chunk(4), lstm.weight_hh_l0.chunk(4)
    b = (lstm.bias_ih_l0 + lstm.bias_hh_l0).chunk(4)
    h = c = torch.zeros(1, hidden)
    rows = []
    for x in network("lstm").embedding(tokens(text))[0]:
        a = [x[None] @ W[n].T + h @ U[n].T + b[n] for n in range(4)]
        i, f, g, o = a[0].sigmoid(), a[1].sigmoid(), a[2].tanh(), a[3].sigmoid()
        h, c = step(x[None], h, c, W, U, b)
        rows.append(torch.cat([i, f, g, o, c, h]))
    return dict(zip("ifgoch", torch.stack(rows, 1), strict=True))


def test_the_lstm_forgets_at_the_space():
    """As the page says: of all letters the space keeps least, on average over cells and names."""
    kept = {letter: [] for letter in KNOWN.characters}
    for name in names()[:150]:
        for letter, gate in zip(name, lstm_parts(name)["f"][1:], strict=True):
            kept[letter].append(gate.mean().item())
    means = {letter: np.mean(found) for letter, found in kept.items() if len(found) >= 5}
    first, second = sorted(means, key=means.get)[:2]
    assert first == " " and means[first] < 0.75 * means[second]


@torch.no_grad()
def test_heads_look_back_to_the_space():
    """As the page says: letters of the second name give the first one little weight, in most heads."""
    beyond = []
    for name in names()[:150]:
        space = name.index(" ") + 1
        maps = torch.cat(network("selfattention").maps(tokens(name)))[:, :, space + 1 :, :space]
        beyond.append(maps.sum(3).mean(2).flatten())
    mean = torch.stack(beyond).mean(0)
    assert len(mean) == 8 and (mean < 0.15).sum() >= 6 and mean.max() < 0.35


@both
def test_one_letter_comes_after_kri(key):
    """As the page says."""
    with torch.no_grad():
        share, token = network(key)(tokens("kri"))[0, -1].softmax(0).max(0)
    assert KNOWN.decode([int(token)]) == "s" and share > 0.8


def test_pages_of_the_papers_lead_there():
    for key in live.NETWORKS:
        assert f"(/{live.PAGE}.md)" in dict(paper.pages(key, Origin(None), Library()))[f"papers/{key}/index"]
    front = dict(build.pages(Origin(None)))["index"]
    assert re.search(rf"^{live.PAGE}$", front, re.MULTILINE) and f"({live.PAGE}.md)" in front


def test_commands_are_folded_whole():
    for key in live.NETWORKS:
        command = HELD[key]["made"]["command"]
        assert shlex.split(live.folded(command).replace("\\\n", "")) == shlex.split(command)
        assert max(map(len, live.folded(command).splitlines())) <= 46


# In the browser, the part that writes alone, from files.


@pytest.fixture(scope="module")
def shown(browser, tmp_path_factory):
    """The browser at the part of the page that writes."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(live.FOLDER, folder / "_static" / "live")
    place: Path = folder / "live.html"
    place.write_text(f"<!doctype html><meta charset=utf-8><title>live</title><body>{live.PART}", encoding="utf-8")
    browser.errors()
    browser.open(place.as_uri())
    return browser


def type_in(shown, text, temperature=1.0):
    """Type a beginning."""
    shown.run(
        f"form.temperature.value = {temperature}; form.temperature.oninput();"
        f"form.beginning.value = {json.dumps(text)}; form.beginning.dispatchEvent(new Event('input'))"
    )


@pytest.mark.slow
def test_on_load_it_computes_what_pytorch_does(shown):
    assert 0 <= float(shown.run("return document.querySelector('.check').dataset.largest")) < 1e-5
    assert HELD["lstm"]["prefix"] in shown.run("return document.querySelector('.check').textContent")
    assert shown.errors() == []


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1], ids=live.NETWORKS)
def test_wrong_weights_would_be_seen(shown, which):
    """The check can fail: a hundredth more on one weight of the first matrix that is multiplied shows."""
    key, name = live.NETWORKS[which], ("lstm.weight_ih_l0", "blocks.0.attention.in_proj_weight")[which]
    wrong = shown.run(
        f"const network = writers[{which}].network; const values = network.weights[{json.dumps(name)}].values;"
        "values[0] += 0.01;"
        f"const found = difference(network, WEIGHTS.{key}, encode); values[0] -= 0.01; return found"
    )
    type_in(shown, "")
    assert wrong > 1e-5


@pytest.mark.slow
def test_numbers_of_16_bits_are_read(shown):
    bits = np.arange(2**16, dtype="<u2")
    bits = bits[np.isfinite(bits.view("<f2"))]
    read = shown.run(f"return {json.dumps(bits.tolist())}.map(half)")
    assert np.array_equal(np.array(read), bits.view("<f2").astype("f8"))


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.3, 2.0])
@pytest.mark.parametrize("text", BEGINNINGS)
def test_probabilities_are_pytorchs(shown, text, temperature):
    type_in(shown, text, temperature)
    shares = shown.run(
        "return [...document.querySelectorAll('.bars')].map(bars => "
        "[...bars.children].map(bar => [Number(bar.dataset.token), Number(bar.dataset.share)]))"
    )
    for key, found in zip(live.NETWORKS, shares, strict=True):
        with torch.no_grad():
            expected = (network(key)(tokens(text))[0, -1].double() / temperature).softmax(0)
        assert [token for token, _ in found] == list(range(len(KNOWN)))
        assert sum(share for _, share in found) == pytest.approx(1, abs=1e-9)
        assert [share for _, share in found] == pytest.approx(expected.tolist(), abs=1e-4)


@pytest.mark.slow
def test_cells_and_gates_are_pytorchs(shown):
    text = "harita master"
    type_in(shown, text)
    for part, expected in lstm_parts(text).items():
        found = shown.run(f"return writers[0].trace.map(one => [...one.{part}])")
        torch.testing.assert_close(torch.tensor(found), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@torch.no_grad()
def test_attention_is_pytorchs(shown):
    text = "harita master"
    type_in(shown, text)
    found = shown.run("return writers[1].trace.map(one => one.looks)")  # time, block, head, keys so far
    for block, expected in enumerate(network("selfattention").maps(tokens(text))):
        for head, weights in enumerate(expected[0]):
            for time, row in enumerate(weights):
                assert found[time][block][head] == pytest.approx(row[: time + 1].tolist(), abs=1e-5)


@pytest.mark.slow
def test_a_letter_is_drawn_by_its_probability(shown):
    chances = (0, 0.19, 0.21, 0.69, 0.71, 0.999)
    found = shown.run(f"return {json.dumps(chances)}.map(chance => drawn([0.2, 0.5, 0.3], chance))")
    assert found == [0, 0, 1, 1, 2, 2]
    assert shown.run("return drawn([0.2, 0.5, 0.3 - 1e-12], 1 - 1e-13)") == 1  # rounding left the sum below 1


@pytest.mark.slow
def test_run_writes_names_to_their_end(shown):
    """A letter at a time; at a low temperature they are the likeliest letters, as PyTorch would choose them."""
    type_in(shown, "sha", 0.1)
    shown.run("form.run.click()")
    shown.wait("return writers.every(writer => writer.ended)", 60)
    assert shown.run("return [running, form.run.textContent]") == [None, "Run"]
    for which, key in enumerate(live.NETWORKS):
        written = shown.run(f"return writers[{which}].tokens")
        assert written[:4] == tokens("sha")[0].tolist() and 0 not in written[1:] and len(written) <= 32
        with torch.no_grad():
            shares = (network(key)(torch.tensor([written]))[0] / 0.1).softmax(1)
        assert all(shares[n, token] > 1e-3 for n, token in enumerate(written[1:]) if n >= 3)
        assert KNOWN.decode(written) in shown.run(f"return writers[{which}].part('.names').textContent")
    assert shown.errors() == []


@pytest.mark.slow
def test_a_name_ends_where_positions_do(shown):
    """A network that never ends a name stops at the last position that self-attention has."""
    type_in(shown, "a")
    found = shown.run(
        "for (let n = 0; n < 40; n++) for (const writer of writers) {"
        "  const random = Math.random; Math.random = () => 0.999999; writer.step(2); Math.random = random; }"
        "return writers.map(writer => [writer.ended, writer.tokens.length])"
    )
    assert found == [[True, HELD["selfattention"]["config"]["context"]]] * 2
    assert shown.errors() == []


@pytest.mark.slow
def test_a_letter_that_is_chosen_shows_what_was_expected_there(shown):
    type_in(shown, "harita")
    shown.run("document.querySelectorAll('.networks section')[1].querySelector('.name [data-place=\"2\"]').click()")
    text, came = shown.run(
        "const place = document.querySelectorAll('.networks section')[1];"
        "return [place.querySelector('.expected').textContent, place.querySelector('.came').dataset.token]"
    )
    assert text.startswith("After “ha” it expects") and text.endswith("r came")
    assert KNOWN.decode([int(came)]) == "r"


@pytest.mark.slow
def test_letters_that_no_name_has_are_told(shown):
    type_in(shown, "Añ1l O'")
    note = shown.run("return document.querySelector('.note').textContent")
    assert "ñ" in note and "1" in note
    assert KNOWN.decode(shown.run("return writers[0].tokens")) == "al o’"
    type_in(shown, "anil")
    assert shown.run("return document.querySelector('.note').textContent") == ""


@pytest.mark.slow
def test_a_value_is_told_under_the_pointer(shown):
    """Each of the small pictures can be seen large, with its values."""
    type_in(shown, "harita")
    parts, heads = lstm_parts("harita"), network("selfattention").maps(tokens("harita"))
    for which, count in enumerate((6, 8)):
        for view in range(count):
            text, title = shown.run(
                f"const writer = writers[{which}]; writer.look({view}); writer.point({{ row: 4, column: 3 }});"
                "return [writer.part('.point').textContent, writer.part('.view').textContent]"
            )
            expected = parts["cfigoh"[view]][3, 4] if which == 0 else heads[view // 4][0, view % 4, 4, 3]
            assert float(text.rpartition(" ")[2]) == pytest.approx(expected.item(), abs=6e-4), title


# The page itself, as the site shows it.


@pytest.mark.slow
def test_it_works_from_a_file_on_a_telephone(site, phone):
    """With names as long as they get; what scrolls sideways does so in its own place."""
    phone.errors()
    phone.open((site / f"{live.PAGE}.html").as_uri())
    assert float(phone.run("return document.querySelector('.check').dataset.largest")) < 1e-5
    phone.run(
        "for (const writer of writers) { writer.begin(encode('abcdefghijklmnopqrstuvwxyzabcde'), 1); writer.look(1) }"
        "document.querySelectorAll('details').forEach(part => part.open = true)"
    )
    assert phone.run("return writers.map(writer => writer.tokens.length)") == [32, 32]
    assert phone.run("return [document.documentElement.scrollWidth, window.innerWidth]") == [420, 420]
    wide = phone.run(
        "return [...document.querySelectorAll('.live *')].filter(part => part.getBoundingClientRect().right > 421)"
        ".map(part => part.outerHTML.slice(0, 80))"
    )
    assert wide == [] and phone.errors() == []


@pytest.mark.slow
def test_letters_can_be_read_light_and_dark(site, browser):
    """Text stands out from what is behind it, by the measure of WCAG 2.1, section 1.4.3: 4.5 to 1."""
    browser.open((site / f"{live.PAGE}.html").as_uri())
    type_in(browser, "anil")
    browser.run("writers.forEach(writer => writer.step(1))")

    def luminance(colour):
        parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    for theme in ("light", "dark"):
        browser.run(f"document.body.dataset.theme = '{theme}'")
        behind, *letters = browser.run(
            "return [getComputedStyle(document.body).backgroundColor, "
            "...['.told', '.name button', '.name .own', '.bars span', '.letters span', '.views button', '.check']"
            ".map(name => document.querySelector('.live ' + name)).filter(part => part)"
            ".map(part => getComputedStyle(part).color)]"
        )
        assert len(letters) >= 6
        for colour in letters:
            bright, dim = sorted((luminance(behind), luminance(colour)), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) > 4.5, (theme, colour)
