"""Pairs that need no download: numbers in words, by num2words, and dates as people write them, by Babel."""

import random
from datetime import date, timedelta
from functools import cache

from firsthand.errors import UserError, unknown

DIGITS, ISO = "digits", "iso"  # languages: 1942, and 1942-03-17
LARGEST = 999_999  # of the numbers
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
PATTERNS = ("full", "long", "medium", "d MMM y", "EEEE d MMMM y", "d.M.y", "MMMM d, y")  # no years of two digits


def spelled_numbers(source: str = DIGITS, target: str = "en", count: int = 5000) -> list[tuple[str, str]]:
    """So many whole numbers from 0 to 999,999, as likely short as long ones, in two languages of num2words or digits.

    Raises UserError for an unknown language, and for more numbers than there are.
    """
    if count > LARGEST // 10:
        raise UserError(f"There are no more than {LARGEST // 10:,} numbers in words, got a count of {count:,}.")
    for language in (source, target):
        _known_number(language)
    dice, found = random.Random(0), dict[int, None]()
    while len(found) < count:
        found[dice.randrange(10 ** dice.randint(1, 6))] = None
    return [(_number(number, source), _number(number, target)) for number in found]


def _known_number(language: str) -> None:
    from num2words import CONVERTER_CLASSES

    if language != DIGITS and language not in CONVERTER_CLASSES:
        raise unknown("language of numbers", language, (DIGITS, *CONVERTER_CLASSES))


def _number(number: int, language: str) -> str:
    from num2words import num2words

    return str(number) if language == DIGITS else num2words(number, lang=language)


def spelled_dates(source: str = "en", target: str = ISO, count: int = 5000) -> list[tuple[str, str]]:
    """So many days from 1900 to 2099 in two languages of Babel, the source in one of seven ways, or iso: 1942-03-17.

    Raises UserError for an unknown language, and for more days than there are.
    """
    days = (LAST - FIRST).days + 1
    if count > days // 2:
        raise UserError(f"There are no more than {days // 2:,} dates in words, got a count of {count:,}.")
    dice = random.Random(0)
    pairs = []
    for place in dice.sample(range(days), count):
        day = FIRST + timedelta(place)
        pairs.append((_date(day, source, dice.choice(PATTERNS)), _date(day, target, "full")))
    return pairs


def _date(day: date, language: str, pattern: str) -> str:
    from babel.dates import format_date

    return day.isoformat() if language == ISO else format_date(day, pattern, _locale(language))


@cache
def _locale(language: str) -> object:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError, TypeError):
        raise UserError(f"Babel knows no language '{language}': give one such as en, de or fr, or {ISO}.") from None
