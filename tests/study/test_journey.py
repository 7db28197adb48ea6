"""The twelve weeks hold every paper once, in an order that can be read; resources hold every link of the weeks."""

import re

import pytest

from firsthand import papers
from firsthand.errors import UserError
from firsthand.study import journey, resources

FIRST = [
    {"backprop", "survey"},
    {"zipcode", "lenet", "alexnet"},
    {"resnet", "vgg"},
    {"odyssey", "bahdanau", "vanishing"},
]


def test_every_paper_once():
    keys = [key for week in journey.weeks() for key in week.papers]
    assert sorted(keys) == sorted(papers.keys()) and len(journey.weeks()) == 12
    assert [set(week.papers) for week in journey.weeks()[:4]] == FIRST
    assert journey.week(2).part("lenet") == "section 2" and journey.week(2).part("alexnet") == ""


def test_what_a_paper_builds_on_is_read_before():
    """In an earlier week or the same, but for the first four, which begin with what is famous."""
    for week in journey.weeks()[4:]:
        for key in week.papers:
            for other in papers.get(key).card.builds_on:
                before = journey.week_of(other)
                assert before is None or before.number <= week.number, f"{key} builds on {other}"


@pytest.mark.parametrize("number", range(1, 13))
def test_a_week_says_what_it_is(number):
    week = journey.week(number)
    assert week.title and week.about.endswith((".", "?")) and week.question.endswith("?") and "\n" not in week.about
    listed = {link.url for topic in resources.topics().values() for link in topic.links}
    assert set(week.links) <= listed and set(week.parts) <= set(week.papers)
    assert all(resources.about(url) for url in week.links)
    assert number > 4 or len(week.links) >= 4


def test_paths():
    """Each is in the order of `builds_on` where both are on it; names have one word or more."""
    for name, keys in journey.paths().items():
        assert set(keys) <= set(papers.keys()) and len(set(keys)) == len(keys)
        if name in ("optimisers", "generative models"):
            for place, key in enumerate(keys):
                assert not set(keys[place:]) & set(papers.get(key).card.builds_on), (name, key)
    assert journey.path(("generative", "models")) == journey.path("generative") == "generative models"
    with pytest.raises(UserError, match="did you mean 'vision'"):
        journey.path("visoin")
    for number in (0, 13):
        with pytest.raises(UserError, match="must be at"):
            journey.week(number)


def test_links_are_links():
    """Each has words about it and stands once in its topic; what names a paper names one that is here."""
    every = [link for topic in resources.topics().values() for link in topic.links]
    assert len({link.url for link in every}) == len(every) == 42
    for link in every:
        assert re.fullmatch(r"https?://[\w.-]+\.[a-z]+(/\S*)?", link.url) and len(link.about.split()) > 2, link
        assert set(re.findall(r"`(\w+)`", link.about)) <= set(papers.keys()), link
    assert {topic.key for topic in resources.topics("further.md").values()} <= set(papers.keys())


@pytest.mark.parametrize("key", papers.keys())
def test_links_of_a_paper(key):
    """Its references lead; nothing twice; all of further.md and of its notes' end are there."""
    found = [link.url for link in resources.of_paper(key)]
    assert len(set(found)) == len(found)
    assert papers.get(key).card.references[0].url == found[0]
    further = resources.topics("further.md").get(key)
    texts = papers.get(key).notes.split("\n## Read next\n")[1] + (further.text if further else "")
    for url in re.findall(r"https?://[^\s)>]+", texts):
        assert url.rstrip(".,;:") in found


@pytest.mark.parametrize(
    ("words", "key"),
    [("ML", "machine-learning"), ("deep learning", "deep-learning"), ("nlp", "nlp"), ("maths", "maths"),
     ("What to read", "what-to-read"), ("how to read", "how-to-read"), ("managing-papers", "managing-papers"),
     ("how to manage papers", "managing-papers")],
)  # fmt: skip
def test_topics_by_name(words, key):
    assert resources.topic(words).key == key


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("- https://a.org/b : words (x).", [("https://a.org/b", "words (x)")]),
        ("- Words: https://a.org/b, and\n  more.", [("https://a.org/b", "Words: , and more")]),
        ("- The one: https://a.org/b; the other: https://c.org.",
         [("https://a.org/b", "The one"), ("https://c.org", "the other")]),
        ("no list: https://a.org", []),
    ],
)  # fmt: skip
def test_reading_links(entry, found):
    assert [(link.url, link.about) for link in resources.links(entry)] == found
