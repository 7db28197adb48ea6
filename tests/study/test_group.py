"""A reading group: roles go round, everyone brings something, and nobody writes into another's file."""

import json

import pytest

from firsthand.errors import UserError
from firsthand.study import journey
from firsthand.study.group import ROLES, Group, agenda, init, roles
from firsthand.study.journal import Journal
from firsthand.study.notes import added


@pytest.fixture
def pair(tmp_path) -> tuple[Group, Group]:
    """Two members with a journal each, and a folder that they share."""
    made = []
    for name in ("Ada Byron", "Bo"):
        mine = Journal(tmp_path / name.split()[0].lower())
        init(mine, tmp_path / "shared", name)
        made.append(Group(mine))
    return made[0], made[1]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_roles_go_round(count):
    """After as many weeks as members, everyone has had each role once."""
    members = [f"m{number}" for number in range(count)]
    weeks = [roles(members, week) for week in range(1, count + 1)]
    for role in ROLES:
        assert sorted(week[role] for week in weeks) == sorted(members)
    if count >= 4:
        assert all(len(set(week.values())) == 4 for week in weeks)


def test_who_is_in_it(pair):
    assert pair[0].members == pair[1].members == ["Ada Byron", "Bo"]
    assert init(pair[0].journal, pair[0].folder, "Ada  Byron") == pair[0].folder and pair[0].members == pair[1].members


def test_an_agenda(pair):
    """Confusions and objections of all, roles, the papers, the question; who has brought nothing yet is named."""
    ada, bo = pair
    ada.bring(4, "Why does\nit vanish?", "One seed.")
    bo.bring(4, "Which gate?", "")
    text = agenda(ada, 4)
    assert text == agenda(bo, 4) and journey.week(4).question in text
    assert (
        "- Ada Byron: Why does it vanish?" in text and "- Bo: Which gate?" in text and "- Ada Byron: One seed." in text
    )
    assert "Still to come from Bo:" in text
    assert all(f"(`{key}`)" in text for key in journey.week(4).papers) and all(f"- {role}: " in text for role in ROLES)
    bo.bring(4, "", "No baseline.")
    bo.bring(4, "", "Nor a test.")
    assert "- Bo: No baseline.; Nor a test." in agenda(ada, 4) and "Still to come" not in agenda(ada, 4)


def test_a_page_begins_with_what_confused_in_the_notes(pair):
    mine = pair[0].journal
    mine.change_note(mine.text("vgg"), lambda old: added(old, "Confusions", ["- Why 3x3?", "- And 1x1?"]))
    pair[0].bring(3, "", "")
    assert pair[0].brought(3)[0].confusion == "- vgg: Why 3x3?\n- vgg: And 1x1?"
    assert pair[0].brought(3)[1].confusion == ""


def test_before_it_is_changed_a_page_is_kept(pair):
    page = pair[0].bring(1, "one", "")
    before = page.read_text()
    pair[0].bring(1, "two", "")
    assert (pair[0].journal.folder / ".backup" / page.name.replace(".md", ".1.md")).read_text() == before
    assert not list(pair[0].folder.glob("**/.backup"))


def test_odd_files_of_others(pair):
    """Are told and left out; a page without headings has nothing to bring."""
    ada, bo = pair
    (ada.folder / "members" / "eve.json").write_text("{")
    bo.page(1).parent.mkdir()
    bo.page(1).write_bytes(b"\xff\xfe")
    with pytest.warns() as told:
        text = agenda(ada, 1)
    words = " ".join(str(one.message) for one in told)
    assert "eve.json" in words and "UTF-8" in words and "Still to come from Ada Byron, Bo" in text


def test_without_a_group(journal, tmp_path):
    with pytest.raises(UserError, match="You are in no reading group yet"):
        Group(journal)
    init(journal, None, "Ada")
    assert json.loads((journal.folder / "journal.json").read_text())["group"] == "group"
    (journal.folder / "group" / "members" / "ada.json").unlink()
    assert Group(journal).members == ["Ada"], "as long as nobody has joined, one reads alone"
    init(journal, tmp_path / "away", "Ada")
    (tmp_path / "away").rename(tmp_path / "moved")
    with pytest.raises(UserError, match="is away: mount it"):
        Group(journal)
    for name in ("", "  ", "?!", "x" * 81):
        with pytest.raises(UserError, match="--name"):
            init(journal, None, name)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        init(journal, tmp_path / "file", "Ada")
