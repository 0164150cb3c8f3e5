"""Makes the page reader's bundle from a training run: `python -m edgedigits_apps.maintain.reader --help`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgedigits_apps.console import progress, say

if TYPE_CHECKING:
    from edgedigits.reading.heatmap.decoding import Detections
    from edgedigits_data.synthetic.views import Page

SIZES = ((640, 480), (960, 720), (320, 240), (1280, 960))


def make(
    run: Annotated[Path, typer.Argument(help="The run's folder, of `edgedigits train --model reader`.")],
    out: Annotated[Path | None, typer.Option(help="The bundle's folder; by default `bundle` in the run's.")] = None,
    sources: Annotated[Path | None, typer.Option(help="What scripts/fetch_sources.py has fetched.")] = None,
    pages: Annotated[int, typer.Option(min=1, help="Validation pages that confidence is fitted on.")] = 120,
    views: Annotated[int, typer.Option(min=1, help="Training views that calibrate the integer files.")] = 300,
    seed: Annotated[int, typer.Option(help="Of pages and views.")] = 11,
) -> None:
    """Convert the network, fit its confidence on generated validation pages, and say what int8 loses there."""
    import json

    import keras
    import numpy as np

    from edgedigits.reading.heatmap.page_network import normalize
    from edgedigits_data.synthetic.views import load_sources, make_view
    from edgedigits_export.reader.confidence import fit_confidence
    from edgedigits_export.reader.page_network import SIDE, convert, write_reader

    training = load_sources(sources, "train")
    images = np.stack([normalize(make_view(training, seed, index, SIDE).image) for index in range(views)])
    artifacts = convert(keras.saving.load_model(run / "model.keras"), images)
    drawn = _draw(load_sources(sources, "validation"), seed, pages)
    found = {file: _find(artifacts[file], drawn) for file in ("float32.tflite", "int8.tflite")}
    logits, right = _judged(found["int8.tflite"], drawn)
    scale, bias = fit_confidence(logits, right)
    validation = {file: _score(detections, drawn, scale, bias) for file, detections in found.items()}
    for file, scores in validation.items():
        say(f"{file}: {json.dumps(scores)}")
    facts: dict[str, Any] = {
        "calibration": [scale, bias],
        "validation": {"pages": pages, "seed": seed, **validation},
        "training": {"settings": json.loads((run / "settings.json").read_text(encoding="utf-8"))},
    }
    say(f"{write_reader(run / 'model.keras', artifacts, out or run / 'bundle', facts, force=True).path}")


def _draw(sources: Any, seed: int, count: int) -> "list[Page]":
    from edgedigits_data.synthetic.views import KINDS, make_page

    kinds = list(KINDS)
    with progress() as display:
        return [
            make_page(sources, seed, index, kinds[index % len(kinds)], SIZES[index % len(SIZES)])
            for index in display.track(range(count), description="drawing pages")
        ]


def _find(model: bytes, pages: "list[Page]") -> "list[Detections]":
    from edgedigits.reading.heatmap.network import PageNetwork
    from edgedigits.reading.heatmap.options import ReaderOptions
    from edgedigits.reading.heatmap.page_reader import suppressed
    from edgedigits.reading.heatmap.scales import detections_of, read_scales

    network, options = PageNetwork(model), ReaderOptions()
    with progress() as display:
        return [
            suppressed(detections_of(read_scales(network, page.image, options)), options)
            for page in display.track(pages, description="reading them")
        ]


def _judged(found: "list[Detections]", pages: "list[Page]") -> Any:
    """The highest logit of each detection, and whether it is right; without what is neither."""
    import numpy as np

    from edgedigits_bench.accuracy.detections import match

    logits, right = [], []
    for detections, page in zip(found, pages, strict=True):
        matches = match(detections.boxes, detections.logits.argmax(axis=1), page.boxes, page.names, page.ignored)
        logits.append(detections.best[~matches.ignored])
        right.append(matches.right[~matches.ignored])
    return np.concatenate(logits), np.concatenate(right)


def _score(found: "list[Detections]", pages: "list[Page]", scale: float, bias: float) -> dict[str, Any]:
    """Recall, false digits a page, errors, calibration error and median overlap at the default threshold."""
    import numpy as np

    from edgedigits.reading.heatmap.options import ReaderOptions
    from edgedigits_bench.accuracy.detections import match
    from edgedigits_data.calibration import calibration_error

    total = right = false = errors = 0
    overlaps, certain, correct = [], [], []
    for detections, page in zip(found, pages, strict=True):
        confidence = 1 / (1 + np.exp(-(scale * detections.best + bias)))
        kept = detections.take(confidence >= ReaderOptions().least_confidence)
        matches = match(kept.boxes, kept.logits.argmax(axis=1), page.boxes, page.names, page.ignored)
        total += int(((page.names < 10) & ~page.ignored).sum())
        right, false, errors = (
            right + int(matches.right.sum()),
            false + int(matches.false.sum()),
            errors + matches.errors,
        )
        overlaps.append(matches.iou[matches.right])
        counted = ~matches.ignored
        certain.append(confidence[confidence >= ReaderOptions().least_confidence][counted])
        correct.append(matches.right[counted])
    return {
        "digits": total,
        "recall": round(right / max(total, 1), 4),
        "false_a_page": round(false / len(pages), 3),
        "errors": errors,
        "calibration_error": round(calibration_error(np.concatenate(certain), np.concatenate(correct)), 4),
        "median_iou": round(float(np.median(np.concatenate(overlaps))), 3) if right else None,
    }


if __name__ == "__main__":
    typer.run(make)
