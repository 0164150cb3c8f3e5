"""How labelled pictures were read: a table, and a contact sheet of the worst pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import PictureError
from edgedigits.imaging.annotation import draw_digits
from edgedigits.imaging.picture_files import load_picture
from edgedigits_bench.accuracy.page_errors import PhotoResult
from edgedigits_bench.report.photo_figures import PhotoForm, PictureForm

# The contact sheet: the size of a tile, its caption's height, how many stand side by side, and how many there are.
TILE, CAPTION, ACROSS, WORST = (480, 360), 44, 3, 12


def photo_table(form: PhotoForm) -> str:
    """The figures as text: a column for each reader, then each reader's digits and sizes, then the worst pages."""
    readers = form["readers"]
    lines = [_line("", readers)]
    lines.append(_line(f"errors, {form['digits']} digits", [one["errors"] for one in readers.values()]))
    for kind in next(iter(readers.values()))["kinds"]:
        lines.append(_line(f"  {kind}", [one["kinds"][kind] for one in readers.values()]))
    lines += [
        _line("error rate", [_share(one["error_rate"]) for one in readers.values()]),
        _line(f"exact pages of {form['pages']}", [one["exact_pages"] for one in readers.values()]),
        _line("false on pages without digits", [one["false_without"] for one in readers.values()]),
        _line("calibration error (ECE)", [_share(one["calibration_error"]) for one in readers.values()]),
        _line("median ms, one thread", [one["median_ms"] or "-" for one in readers.values()]),
        _line("times as long", [form["times_as_long"].get(name, "-") for name in readers]),
    ]
    for name, one in readers.items():
        counts = one["by_digit"]
        lines += ["", _cells(name, list(counts))]
        lines.append(_cells("there", [count["there"] for count in counts.values()]))
        lines.append(_cells("lost", [count["lost"] for count in counts.values()]))
        lines.append(_cells("read wrongly", [count["wrong"] for count in counts.values()]))
        if heights := one["by_height"]:
            lines.append(_cells("box height, px, from", [size["least"] for size in heights]))
            lines.append(_cells("read", [size["read"] for size in heights]))
            lines.append(_cells("of these wrong", [size["wrong"] for size in heights]))
    return "\n".join(lines + _worst_lines(form))


def _cells(name: str, values: Sequence[object]) -> str:
    return f"  {name:22}" + "".join(f"{value!s:>6}" for value in values)


def _line(name: str, values: Sequence[object] | Mapping[str, object]) -> str:
    return f"{name:30}" + "".join(f"{value!s:>12}" for value in values)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _worst_lines(form: PhotoForm, count: int = WORST) -> list[str]:
    ours = next(iter(form["readers"]))
    wrong = sorted((one for one in form["pictures"] if one["kinds"][ours]), key=lambda one: -_errors(one, ours))
    lines = ["", f"pages with errors: {len(wrong)}; the worst:"] if wrong else []
    for one in wrong[:count]:
        kinds = ", ".join(f"{number} {kind}" for kind, number in one["kinds"][ours].items())
        lines.append(f"  {_errors(one, ours):4}  {one['source']}: {kinds}")
    return lines


def _errors(picture: PictureForm, reader: str) -> int:
    return sum(picture["kinds"][reader].values())


def contact_sheet(folder: Path, results: Sequence[PhotoResult], count: int = WORST) -> NDArray[np.uint8]:
    """The pages with most errors, at most `count`, with what was read on them, uint8 BGR (height, width, 3).

    Where all are exact it is one empty tile.
    """
    worst = sorted((result for result in results if result.errors.total), key=lambda result: -result.errors.total)
    tiles = [_tile(folder, result) for result in worst[:count]] or [_blank()]
    tiles += [_blank()] * (-len(tiles) % min(ACROSS, len(tiles)))
    across = min(ACROSS, len(tiles))
    return np.vstack([np.hstack(tiles[first : first + across]) for first in range(0, len(tiles), across)])


def _blank() -> NDArray[np.uint8]:
    return np.full((TILE[1] + CAPTION, TILE[0], 3), 255, np.uint8)


def _tile(folder: Path, result: PhotoResult) -> NDArray[np.uint8]:
    """One page, shrunk or enlarged into its tile, above its name, its errors, and the kinds of these."""
    tile = _blank()
    try:
        picture = draw_digits(load_picture(folder / result.name), result.digits)
    except PictureError:
        picture = np.full((TILE[1], TILE[0], 3), 200, np.uint8)
    scale = min(TILE[0] / picture.shape[1], TILE[1] / picture.shape[0])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    tile[: size[1], : size[0]] = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    kinds = ", ".join(f"{number} {kind}" for kind, number in (+result.errors.kinds).items())
    for line, text in enumerate((f"{result.errors.total}  {result.name}", kinds)):
        place = (4, TILE[1] + 17 + 20 * line)
        cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return tile
