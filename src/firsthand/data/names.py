"""Names of many countries without a download, from the lists of the Faker package."""

from firsthand.errors import UserError, unknown

_PATIENCE = 5_000  # draws in a row that bring no new name, after which the lists count as used up


def embedded_names(locale: str = "en_IN", count: int = 15_000, seed: int = 0) -> list[str]:
    """`count` distinct "first last" names in lower case, or as many as the locale's lists give.

    The same for the same arguments and the same version of Faker. First and last names are drawn independently, every
    one equally likely. Raises `UserError` for a locale that is unknown or has no names of its own.
    """
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES

    written = {name.lower(): name for name in AVAILABLE_LOCALES}
    known = written.get(locale.lower().replace("-", "_"))
    if known is None:
        raise unknown("locale", locale, sorted(AVAILABLE_LOCALES))
    locale = known
    if count < 1:
        raise UserError(f"The count is {count} names: it must be at least 1.")
    fake = Faker(locale, use_weighting=False)
    fake.seed_instance(seed)
    # Where Faker lacks a list it silently gives American names, or John and Jane.
    own = fake.provider("faker.providers.person").__lang__
    if own.partition("_")[0] != locale and own != locale:
        raise UserError(f"Faker has no names for '{locale}', it would take those of '{own}': choose another locale.")
    if {fake.first_name() for _ in range(100)} <= {"John", "Jane"}:
        raise UserError(f"Faker has no first names for '{locale}': choose another locale.")

    names: dict[str, None] = {}  # keeps the order of the draws
    misses = 0
    while len(names) < count and misses < _PATIENCE:
        before = len(names)
        names[f"{fake.first_name()} {fake.last_name()}".lower()] = None
        misses = misses + 1 if len(names) == before else 0
    return list(names)
