"""Names without a download."""

import time

import pytest
from faker import Faker

from firsthand.data.names import embedded_names
from firsthand.errors import UserError


def test_the_default_names():
    embedded_names(count=1)  # imports Faker
    start = time.perf_counter()
    names = embedded_names()
    # Measured 0.08 s; the bound leaves room for a busy machine.
    assert time.perf_counter() - start < 2
    assert len(names) == len(set(names)) == 15_000
    assert all(name == name.lower() and " " in name and name.strip() == name for name in names)
    assert names == embedded_names()
    assert names[:100] == embedded_names(count=100)
    assert names[:100] != embedded_names(count=100, seed=1)


def test_the_names_are_the_locales_own():
    provider = Faker("hi_IN").provider("faker.providers.person")
    firsts = {first.lower() for first in provider.first_names}
    assert all(any(name.startswith(first + " ") for first in firsts) for name in embedded_names("hi_IN", 50))


def test_a_small_locale_gives_what_it_has():
    provider = Faker("gu_IN").provider("faker.providers.person")
    possible = {f"{a} {b}".lower() for a in provider.first_names for b in provider.last_names}
    names = embedded_names("gu_IN")
    assert len(possible) < 1000
    assert set(names) <= possible
    # 5,000 misses in a row stop the search: of fewer than 1,000 names it leaves hardly one unseen.
    assert len(names) >= 0.99 * len(possible)


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("ru_RO", "did you mean 'r[ou]_R[OU]'"),
        ("ar_AE", "Faker has no names for 'ar_AE', it would take those of 'en_US'"),
        ("de_LI", "Faker has no first names for 'de_LI'"),
    ],
)
def test_a_locale_without_names(locale, message):
    with pytest.raises(UserError, match=message):
        embedded_names(locale)


def test_a_language_stands_for_its_country():
    assert embedded_names("de", 20) == embedded_names("de_DE", 20) == embedded_names("de-de", 20)


def test_no_names_at_all():
    with pytest.raises(UserError, match="at least 1"):
        embedded_names(count=0)
