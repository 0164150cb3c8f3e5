"""What people write: numbers, dates, sums, words, and all of them mixed."""

from collections.abc import Callable

from edgedigits_data.synthetic.views.chance import Random, chance, pick, whole_between
from edgedigits_data.synthetic.views.sources import Sources
from edgedigits_data.synthetic.views.words import CYRILLIC, GREEK, LABELS, NAMES, WORDS

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
TRICKY = "lOISZBgqbozsiGDTUQ"  # letters that look like digits
CLEAR = "aehkmnprtuvwxyAEFHKLMNPRTVWXY"  # letters that do not, wherever they stand

UNITS = ("kg", "cm", "m", "km", "ml", "mm", "h", "min", "W", "kWh", "V", "A", "x", "pt", "EUR")


def number(random: Random, low: int = 1, high: int = 10) -> str:
    """A number of `low` to `high` digits, short ones more often; some are round, some repeat a digit."""
    length = min(max(pick(random, (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8, 10)), low), high)
    if chance(random, 0.06):
        return pick(random, "0123456789") * length
    if chance(random, 0.08) and length > 1:
        return pick(random, "123456789") + "0" * (length - 1)
    if chance(random, 0.06):
        return "".join(pick(random, "017") for _ in range(length))
    return "".join(pick(random, "0123456789") for _ in range(length))


def digits(random: Random, count: int) -> str:
    """`count` digits."""
    return "".join(pick(random, "0123456789") for _ in range(count))


def date(random: Random) -> str:
    """A day in one of the ways people write it."""
    day, month, year = whole_between(random, 1, 31), whole_between(random, 1, 12), whole_between(random, 1900, 2060)
    short = year if chance(random, 0.6) else year % 100
    sign = pick(random, "//--..")
    if chance(random, 0.2):
        return f"{year}{sign}{month:02d}{sign}{day:02d}"
    first = f"{day:02d}{sign}{month:02d}" if chance(random, 0.6) else f"{day}{sign}{month}"
    return f"{first}{sign}{short:02d}" if chance(random, 0.85) else first


def signed(random: Random) -> str:
    """A number with the signs that stand beside numbers."""
    n = number
    some: tuple[Callable[[], str], ...] = (
        lambda: date(random),
        lambda: date(random),
        lambda: f"({digits(random, 3)}) {digits(random, 3)}-{digits(random, 4)}",
        lambda: f"+{digits(random, 2)} {digits(random, 3)} {digits(random, 6)}",
        lambda: f"({n(random)})",
        lambda: f"{n(random, 1, 5)}{pick(random, ('%', ' %'))}",
        lambda: f"{pick(random, '$$€£')}{n(random, 1, 5)}",
        lambda: f"{pick(random, '$€')} {n(random, 1, 4)}{pick(random, '.,')}{digits(random, 2)}",
        lambda: f"{n(random, 1, 4)}{pick(random, '.,')}{digits(random, 2)} €",
        lambda: f"{n(random, 1, 4)}{pick(random, '.,')}{n(random, 1, 3)}",
        lambda: f"{n(random, 1, 3)},{digits(random, 3)}",
        lambda: f"#{n(random, 1, 5)}",
        lambda: f"No. {n(random, 1, 5)}",
        lambda: f"{whole_between(random, 0, 23)}:{whole_between(random, 0, 59):02d}",
        lambda: f"{n(random, 1, 2)}°{pick(random, ('', 'C', 'F', ' C'))}",
        lambda: f"{n(random, 1, 3)} - {n(random, 1, 3)}",
        lambda: f"{n(random, 1, 3)}-{n(random, 1, 3)}",
        lambda: f"{n(random, 1, 2)}/{n(random, 1, 2)}",
        lambda: f"{n(random, 1, 3)}{pick(random, ').:')}",
        lambda: f"[{n(random, 1, 3)}]",
        lambda: f"{pick(random, '<>=*')}{n(random, 1, 3)}",
        lambda: f"{n(random, 1, 3)}×{n(random, 1, 3)}",
        lambda: f"-{n(random, 1, 4)}",
        lambda: f"{n(random, 1, 3)} → {n(random, 1, 3)}",
        lambda: f"{n(random, 1, 3)} {pick(random, '✓✗?!')}",
        lambda: f"{n(random, 1, 3)} {pick(random, UNITS)}",
        lambda: f"{n(random, 1, 2)} & {n(random, 1, 2)}",
        lambda: f"{n(random, 1, 2)} | {n(random, 1, 2)}",
    )
    return pick(random, some)()


def equation(random: Random) -> str:
    """A sum, with brackets, letters and a result now and then."""
    spaced = pick(random, (" ", " ", ""))

    def sign() -> str:
        return f"{spaced}{pick(random, '++--××÷*:/')}{spaced}"

    def value() -> str:
        power = f"^{pick(random, '2223n')}" if chance(random, 0.1) else ""
        return (number(random, 1, 4) if chance(random, 0.88) else pick(random, "xyabn")) + power

    text = value()
    for _ in range(whole_between(random, 0, 4)):
        inner = f"({value()}{sign()}{value()})" if chance(random, 0.15) else value()
        text += sign() + inner
    if chance(random, 0.5):
        text += f"{spaced}{pick(random, '====<>')}{spaced}{value() if chance(random, 0.85) else pick(random, '?_')}"
    return text


def cased(random: Random, word: str) -> str:
    """A word in small letters, with a capital first, or in capitals."""
    k = random.random()
    return word.upper() if k < 0.14 else word.title() if k < 0.36 else word


def word(random: Random, sources: Sources) -> str:
    """A word: of the lexicon, of the short list (rich in l, O, I, S, Z, B, g, q, b), a name, or letters in a row."""
    k = random.random()
    if k < 0.5:
        return cased(random, pick(random, sources.words["latin"]))
    if k < 0.78:
        return cased(random, pick(random, WORDS))
    if k < 0.85:
        return pick(random, NAMES)
    if k < 0.93:
        letters = TRICKY if chance(random, 0.5) else ALPHABET + ALPHABET.upper()
        row = [pick(random, letters) for _ in range(whole_between(random, 0, 5))]
        row.insert(whole_between(random, 0, len(row)), pick(random, CLEAR))
        return pick(random, ("", "", " ")).join(row)
    return pick(random, LABELS)


def sentence(random: Random, sources: Sources, length: int) -> str:
    """Words without any digit, with marks between them."""
    out = []
    for _ in range(length):
        out.append(word(random, sources))
        if chance(random, 0.12):
            out[-1] += pick(random, ",.:;!?-")
        elif chance(random, 0.03):
            out[-1] = pick(random, ("(%s)", "'%s'", "-%s-", "[%s]", "%s/", "&%s", "#%s", "@%s")) % out[-1]
    return " ".join(out)


def foreign(random: Random, sources: Sources, script: str, length: int) -> str:
    """Words of Greek or Cyrillic."""
    listed = GREEK if script == "greek" else sources.words.get("cyrillic") or CYRILLIC
    return " ".join(cased(random, pick(random, listed)) for _ in range(length))


def code(random: Random) -> str:
    """A mixture of letters and digits, as on number plates and serial numbers."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZabcdefghkmnpqrtuwxy"
    parts = []
    for _ in range(whole_between(random, 1, 3)):
        letter = "".join(pick(random, letters) for _ in range(whole_between(random, 1, 3)))
        parts.append(
            letter + digits(random, whole_between(random, 1, 4)) if chance(random, 0.7) else number(random, 1, 4)
        )
    return pick(random, ("", "-", " ", "/")).join(parts)


def mixed(random: Random, sources: Sources, length: int) -> str:
    """Words, numbers and signs in one line."""
    out = []
    share = random.random()
    for _ in range(length):
        k = random.random()
        if k < 0.5 * share:
            out.append(number(random))
        elif k < 0.75 * share:
            out.append(signed(random))
        elif k < 0.85 * share:
            out.append(code(random))
        else:
            out.append(word(random, sources) + (pick(random, ",.:;-=?") if chance(random, 0.2) else ""))
    return " ".join(out)


def labelled(random: Random, sources: Sources) -> str:
    """A label and a value, as on a form: "Total: 52"."""
    value = pick(random, (number, signed, number, date))(random) if chance(random, 0.85) else word(random, sources)
    return f"{pick(random, LABELS)}{pick(random, (': ', ':', ' ', ' = ', '. ', ' - '))}{value}"
