"""Two family trees, one English and one Italian, and every fact that the twelve relations state about them.

    Christopher = Penelope              Andrew = Christine           Roberto = Maria        Pierro = Francesca
                |                                |                           |                      |
           +----+--------+                +------+---+                   +---+----+           +-----+---+
    Arthur = Margaret  Victoria   =   James  Jennifer = Charles    Emilio = Gina  Lucia = Marco   Angela = Tomaso
                                |                                                       |
                        Colin, Charlotte                                         Alfonso, Sophia

Only couples and children are written down; the rest follows from what the words mean. Aunts and uncles by marriage
count: Colin's aunts are Jennifer and Margaret. Source: Figures 2 to 4.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

RELATIONS = (
    "father", "mother", "husband", "wife", "son", "daughter", "uncle", "aunt", "brother", "sister", "nephew", "niece",
)  # fmt: skip
# The order of Figure 4, men first; each Italian has the place of the English person below whom they stand.
ENGLISH = (
    "Christopher", "Andrew", "Arthur", "James", "Charles", "Colin",
    "Penelope", "Christine", "Victoria", "Jennifer", "Margaret", "Charlotte",
)  # fmt: skip
ITALIANS = (
    "Roberto", "Pierro", "Emilio", "Marco", "Tomaso", "Alfonso",
    "Maria", "Francesca", "Lucia", "Angela", "Gina", "Sophia",
)  # fmt: skip
PEOPLE = ENGLISH + ITALIANS
MEN = {*ENGLISH[:6], *ITALIANS[:6]}

Couples = tuple[tuple[str, str, tuple[str, ...]], ...]  # husband, wife, their children
ENGLISH_COUPLES: Couples = (
    ("Christopher", "Penelope", ("Arthur", "Victoria")),
    ("Andrew", "Christine", ("James", "Jennifer")),
    ("Arthur", "Margaret", ()),
    ("James", "Victoria", ("Colin", "Charlotte")),
    ("Charles", "Jennifer", ()),
)
ITALIAN_COUPLES: Couples = (
    ("Roberto", "Maria", ("Emilio", "Lucia")),
    ("Pierro", "Francesca", ("Marco", "Angela")),
    ("Emilio", "Gina", ()),
    ("Marco", "Lucia", ("Alfonso", "Sophia")),
    ("Tomaso", "Angela", ()),
)


@dataclass(frozen=True)
class Tree:
    """Who is married to whom, and whose children they are."""

    couples: Couples

    def spouses(self, person: str) -> set[str]:
        """The person that this one is married to."""
        return {h if person == w else w for h, w, _ in self.couples if person in (h, w)}

    def parents(self, person: str) -> set[str]:
        """Father and mother."""
        return {parent for h, w, children in self.couples if person in children for parent in (h, w)}

    def children(self, person: str) -> set[str]:
        """Sons and daughters."""
        return {child for h, w, children in self.couples if person in (h, w) for child in children}

    def siblings(self, person: str) -> set[str]:
        """Brothers and sisters."""
        return each(self.children, self.parents(person)) - {person}

    def relatives(self, person: str, relation: str) -> set[str]:
        """Everyone who is this relation of the person: relatives("Colin", "aunt") are Jennifer and Margaret."""
        if relation in ("husband", "wife"):
            found = self.spouses(person)
        elif relation in ("father", "mother"):
            found = self.parents(person)
        elif relation in ("son", "daughter"):
            found = self.children(person)
        elif relation in ("brother", "sister"):
            found = self.siblings(person)
        elif relation in ("uncle", "aunt"):
            by_blood = each(self.siblings, self.parents(person))
            found = by_blood | each(self.spouses, by_blood)
        else:  # nephew, niece: those who have this person for an uncle or an aunt
            found = each(self.children, each(self.siblings, {person} | self.spouses(person)))
        male = relation in ("father", "husband", "son", "uncle", "brother", "nephew")
        return {relative for relative in found if (relative in MEN) is male}


def each(of: Callable[[str], set[str]], people: Iterable[str]) -> set[str]:
    """Their spouses, parents, children or siblings, all in one set."""
    return {relative for person in people for relative in of(person)}


def questions() -> dict[tuple[str, str], set[str]]:
    """(person, relation) -> who the right answers are: 104 questions, which state 112 facts."""
    found = {}
    for people, couples in ((ENGLISH, ENGLISH_COUPLES), (ITALIANS, ITALIAN_COUPLES)):
        for person in people:
            for relation in RELATIONS:
                if answers := Tree(couples).relatives(person, relation):
                    found[person, relation] = answers
    return found


def generation(person: str) -> int:
    """0 for grandparents, 1 for their children and who married them, 2 for the grandchildren."""
    place = PEOPLE.index(person) % 12
    return 0 if place in (0, 1, 6, 7) else 2 if place in (5, 11) else 1


def branch(person: str) -> int:
    """0 for Christopher's family and who married into it, 1 for Andrew's; 2 for the grandchildren, who are of both."""
    place = PEOPLE.index(person) % 12
    return 2 if place in (5, 11) else 0 if place in (0, 2, 6, 8, 10) else 1
