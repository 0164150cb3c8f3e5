"""The fixed set of synthetic pages that a reader is scored on, and the score."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker, SyntheticPage

# Raised whenever the generator or the set changes: scores of two versions cannot be compared.
VERSION = "pages v3"
PAGES = 120
SIZES = ((640, 480), (1280, 960), (800, 600), (960, 1280), (640, 480), (1600, 1200))
SEED = 20_260_801
# Where reading order is a matter of taste, only the digits themselves count.
UNORDERED = ("scattered", "grid")


@dataclass(frozen=True)
class PageScore:
    """How well pages were read.

    Attributes:
        errors: digits lost, added, misread, or put into a wrong row.
        digits: how many there are.
        exact: pages read without any error.
        pages: how many there are.
        false_digits: digits found on pages that have none; with the ends of rows between them they are errors, too.
        empty_pages: how many pages have none.
    """

    errors: int = 0
    digits: int = 0
    exact: int = 0
    pages: int = 0
    false_digits: int = 0
    empty_pages: int = 0

    @property
    def error_rate(self) -> float:
        """Errors for each digit there is."""
        return self.errors / max(self.digits, 1)

    def __add__(self, other: "PageScore") -> "PageScore":
        return PageScore(*(a + b for a, b in zip(_numbers(self), _numbers(other), strict=True)))


def scoring_pages(count: int = PAGES) -> Iterator[SyntheticPage]:
    """The first `count` pages of the set, made of MNIST's test digits; none has a digit cut off by the edge."""
    maker = PageMaker(make_glyphs(load_mnist("test").balanced(1000, SEED), SEED))
    for i in range(count):
        seed = SEED + i * 1000
        while (page := maker.page(seed, SIZES[i % len(SIZES)])).partial or not (page.digits or page.layout == "none"):
            seed += 1
        yield page


def score_rows(read: Sequence[str], page: SyntheticPage) -> PageScore:
    """Score one page by the rows that were read."""
    read = [row for row in read if row]
    errors = (
        count_errors(read, page.rows)
        if page.layout in UNORDERED
        else edit_distance("\n".join(read), "\n".join(page.rows))
    )
    empty = not page.digits
    return PageScore(errors, len(page.digits), int(not errors), 1, sum(map(len, read)) if empty else 0, int(empty))


def score_reader(read: Callable[[SyntheticPage], Sequence[str]], count: int = PAGES) -> PageScore:
    """Score a reader, given as a function from a page to its rows, on the first `count` pages of the set."""
    return sum((score_rows(read(page), page) for page in scoring_pages(count)), PageScore())


def edit_distance(a: str, b: str) -> int:
    """How many characters must be put in, taken out or replaced to make one text the other (Levenshtein, 1966)."""
    return sum(x != y for x, y in alignment(a, b))


def alignment(a: str, b: str) -> list[tuple[str, str]]:
    """The characters of two texts side by side, with as few differences as can be.

    Returns:
        Pairs of a character of each; "" stands for one that only the other text has.
    """
    distances = [list(range(len(b) + 1))]  # of what begins both texts
    for i, x in enumerate(a, 1):
        above, row = distances[-1], [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
        distances.append(row)
    pairs, i, j = [], len(a), len(b)
    while i or j:
        x, y = a[i - 1 : i], b[j - 1 : j]
        if i and j and distances[i][j] == distances[i - 1][j - 1] + (x != y):
            pairs.append((x, y))
            i, j = i - 1, j - 1
        elif i and distances[i][j] == distances[i - 1][j] + 1:
            pairs.append((x, ""))
            i -= 1
        else:
            pairs.append(("", y))
            j -= 1
    return pairs[::-1]


def count_errors(read: Sequence[str], true: Sequence[str]) -> int:
    """Errors where order does not matter: a misread digit is one, not one lost and one added."""
    found, wanted = Counter("".join(read)), Counter("".join(true))
    return max((wanted - found).total(), (found - wanted).total())


def _numbers(score: PageScore) -> tuple[int, ...]:
    return (score.errors, score.digits, score.exact, score.pages, score.false_digits, score.empty_pages)
