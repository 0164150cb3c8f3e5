"""What is wrong with the rows that were read on a picture: errors by kind and digit, and which digits are right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edgedigits.page import Digit
from edgedigits_bench.accuracy.photo_labels import COUNTED, PhotoLabel
from edgedigits_data.synthetic.scoring import alignment, edit_distance

# - missed: a digit that was not read;
# - false: a digit read where there is none;
# - misread: a digit read as another;
# - split: a row read as two, or two as one;
# - order: a digit missed in one place and read in another, or two digits read in each other's place: two errors.
KINDS = ("missed", "false", "misread", "split", "order")


@dataclass(frozen=True)
class PageErrors:
    """The errors on one picture.

    Attributes:
        kinds: how many there are of each of `KINDS`.
        lost: true digits that were missed or misread.
        wrong: digits that were read and are false or misread.
        right: for each digit read, row by row, whether it is right; None where that cannot be said.
    """

    kinds: Counter[str]
    lost: Counter[str]
    wrong: Counter[str]
    right: tuple[bool | None, ...]

    @property
    def total(self) -> int:
        """All errors."""
        return self.kinds.total()


@dataclass(frozen=True)
class PhotoResult:
    """How one reader read one picture.

    Attributes:
        name: the picture's file.
        label: the truth.
        rows: what was read; nothing where the file could not be read.
        digits: the same digit by digit, where the reader tells them.
        errors: what is wrong with it.
        milliseconds: how long reading took, decoding the file not counted; None where it could not be read.
    """

    name: str
    label: PhotoLabel
    rows: tuple[str, ...]
    digits: tuple[Digit, ...]
    errors: PageErrors
    milliseconds: float | None


def page_errors(rows: Sequence[str], label: PhotoLabel, confidences: Sequence[float] = ()) -> PageErrors:
    """Compare what was read with a label.

    Args:
        rows: the digits read, row by row; empty rows do not count.
        label: the truth.
        confidences: of each digit read. Where digits are counted, the most confident of each name are taken to be the
            right ones, then those that are printed: nobody knows where they stand. So the share that is right may be
            lower at high confidence than this says, never higher.
    """
    rows = [row for row in rows if row]
    if label.layout in COUNTED:
        return _by_counts("".join(rows), label, confidences)
    return _in_order(rows, label)


def _by_counts(read: str, label: PhotoLabel, confidences: Sequence[float]) -> PageErrors:
    found, true, printed = Counter(read), Counter("".join(label.rows)), Counter(label.printed)
    lost, wrong = true - found - Counter(label.optional_digits), found - true - printed
    misread = min(lost.total(), wrong.total())
    kinds = Counter(missed=lost.total() - misread, false=wrong.total() - misread, misread=misread)
    right: list[bool | None] = [False] * len(read)
    for i in sorted(range(len(read)), key=lambda i: -confidences[i] if confidences else i):
        if true[read[i]] > 0:
            true[read[i]] -= 1
            right[i] = True
        elif printed[read[i]] > 0:
            printed[read[i]] -= 1
            right[i] = None
    return PageErrors(kinds, lost, wrong, tuple(right))


def _in_order(rows: Sequence[str], label: PhotoLabel) -> PageErrors:
    read = ("\n" if label.rows else "").join(rows)
    true = min(("\n".join(reading) for reading in label.readings), key=lambda text: edit_distance(read, text))
    pairs = alignment(true, read)
    differences = Counter((a, b) for a, b in pairs if a != b)
    moved = Counter({pair: min(count, differences[pair[::-1]]) for pair, count in differences.items()})
    kinds, lost, wrong, right = Counter[str](), Counter[str](), Counter[str](), list[bool | None]()
    for a, b in pairs:
        kind = _kind(a, b, moved)
        kinds.update([kind] if kind else [])
        lost.update([a] if kind in ("missed", "misread") else [])
        wrong.update([b] if kind in ("false", "misread") else [])
        if b.isdigit():
            right.append(None if kind == "order" else not kind)
    return PageErrors(kinds, lost, wrong, tuple(right))


def _kind(true: str, read: str, moved: Counter[tuple[str, str]]) -> str | None:
    """The kind of a difference, None where there is none; takes one that is read in another place out of `moved`."""
    if true == read:
        return None
    if not true.isdigit() and not read.isdigit():
        return "split"
    if moved[true, read] > 0:
        moved[true, read] -= 1
        return "order"
    if not read.isdigit():
        return "missed"
    return "misread" if true.isdigit() else "false"
