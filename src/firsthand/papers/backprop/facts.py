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

RELATIONS = (  # of men and of women in turn
    "father", "mother", "husband", "wife", "son", "daughter", "uncle", "aunt", "brother", "sister", "nephew", "niece",
)  # fmt: skip
# The order of Figure 4, men first; each Italian has the place of an English person in the same place of the tree.
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
GENERATION = (0, 0, 1, 1, 1, 2) * 4  # of each person: grandparents, their children and who married them, grandchildren
BRANCH = (0, 1, 0, 1, 1, 2, 0, 1, 0, 1, 0, 2) * 2  # Christopher's family and who married into it, Andrew's, both

COUPLES = (  # husband, wife, their children
    ("Christopher", "Penelope", "Arthur", "Victoria"),
    ("Andrew", "Christine", "James", "Jennifer"),
    ("Arthur", "Margaret"),
    ("James", "Victoria", "Colin", "Charlotte"),
    ("Charles", "Jennifer"),
)
FAMILIES = COUPLES + tuple(tuple(ITALIANS[ENGLISH.index(person)] for person in family) for family in COUPLES)


def spouses(people: set[str]) -> set[str]:
    """Those to whom any of them is married."""
    return {other for h, w, *_ in FAMILIES for one, other in ((h, w), (w, h)) if one in people}


def parents(people: set[str]) -> set[str]:
    """Fathers and mothers of any of them."""
    return {parent for family in FAMILIES if people & {*family[2:]} for parent in family[:2]}


def children(people: set[str]) -> set[str]:
    """Sons and daughters of any of them."""
    return {child for family in FAMILIES if people & {*family[:2]} for child in family[2:]}


def relatives(person: str, relation: str) -> set[str]:
    """Everyone who is this relation of the person: relatives("Colin", "aunt") are Jennifer and Margaret."""
    one, two = {person}, {person} | spouses({person})
    by_blood = children(parents(parents(one))) - parents(one)
    kin = (  # a set for every two of RELATIONS; nephews and nieces are those of the husband or wife, too
        parents(one), two - one, children(one), by_blood | spouses(by_blood), children(parents(one)) - one,
        children(children(parents(two)) - two),
    )  # fmt: skip
    place = RELATIONS.index(relation)
    return {relative for relative in kin[place // 2] if (relative in MEN) is (place % 2 == 0)}


def questions() -> dict[tuple[str, str], set[str]]:
    """(person, relation) -> who the right answers are: 104 questions, which state 112 facts."""
    asked = {(person, relation): relatives(person, relation) for person in PEOPLE for relation in RELATIONS}
    return {question: answers for question, answers in asked.items() if answers}
