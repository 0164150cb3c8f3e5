"""Sources and capture, on real files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgedigits.errors import SourceError, UsageError
from edgedigits.live.capture import Capture
from edgedigits.live.frame import CaptureSettings, parse_roi
from edgedigits_data.synthetic.clips import write_clip

PLAIN = CaptureSettings()
Numbers = tuple[Callable[[int], np.ndarray], Callable[[np.ndarray], int]]
Slowly = Callable[[Capture], list[tuple[int, float]]]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, numbers: Numbers) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "numbers.avi", (numbers[0](i) for i in range(90)))


def read_all(source: Path | str, settings: CaptureSettings = PLAIN, **options: bool) -> tuple[list, list[str]]:
    lines: list[str] = []
    with Capture(str(source), settings, lines.append, **options) as capture:
        return [frame for frame in capture if frame is not None], lines


def test_a_recording_is_read_frame_by_frame(clip: Path, numbers: Numbers) -> None:
    frames, lines = read_all(clip)
    assert [numbers[1](frame.image) for frame in frames] == list(range(90))
    assert [frame.number for frame in frames] == list(range(90))
    assert np.allclose([frame.time for frame in frames], np.arange(90) / 30, atol=1 / 60)
    assert not lines


@pytest.mark.parametrize("realtime", [False, True])
def test_a_recording_that_is_cut_off_says_so_in_a_line(clip: Path, tmp_path: Path, realtime: bool) -> None:
    content = clip.read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(content[: len(content) // 2])
    frames, lines = read_all(cut, realtime=realtime)
    assert 30 < len(frames) < 60 or realtime
    (line,) = lines
    assert line.startswith(f"{cut} is cut off or damaged: it ends after ")
    assert line.endswith(" of 90 frames")


def test_in_real_time_a_slow_reader_skips_frames_of_a_recording(clip: Path, watch_slowly: Slowly) -> None:
    with Capture(str(clip), PLAIN, print, realtime=True) as capture:
        seen = [number for number, _ in watch_slowly(capture)]
    assert seen == sorted(set(seen))
    assert 3 <= len(seen) < 30


def test_a_slow_reader_sees_the_newest_frame_of_a_stream(
    network_camera: Callable[..., Any], numbers: Numbers, oldest_shown: Any
) -> None:
    """What is shown is never older than two of the reader's periods, though the camera sends six times as many."""
    camera = network_camera([numbers[0](i) for i in range(1000)])
    with Capture(camera.address, PLAIN, print) as capture:
        camera.stalled.set()
        age, delay = oldest_shown(capture, camera.sent, camera.steps.release)
    assert age <= 12
    assert delay < 0.4


def test_a_recording_is_whole_also_after_a_stream(
    clip: Path, network_camera: Callable[..., Any], numbers: Numbers
) -> None:
    """What asks ffmpeg for little delay is for the stream alone: it costs a recording its first frame."""
    camera = network_camera([numbers[0](i) for i in range(30)])
    with Capture(camera.address, PLAIN, print) as capture:
        assert next(frame for frame in capture if frame is not None)
    assert [numbers[1](frame.image) for frame in read_all(clip)[0]] == list(range(90))


def test_a_folder_is_read_in_the_order_of_its_numbers_and_while_it_changes(tmp_path: Path, numbers: Numbers) -> None:
    numbered, number_of = numbers
    for i in (1, 2, 10, 20):
        cv2.imwrite(str(tmp_path / f"frame{i}.png"), numbered(i))
    (tmp_path / "frame15.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    lines: list[str] = []
    seen = []
    with Capture(str(tmp_path), CaptureSettings(fps=10), lines.append) as capture:
        for frame in capture:
            assert frame is not None
            seen.append(number_of(frame.image))
            if seen[-1] == 2:
                (tmp_path / "frame10.png").unlink()
            if seen[-1] == 20 and len(seen) == 3:
                cv2.imwrite(str(tmp_path / "frame21.png"), numbered(21))
    assert seen == [1, 2, 20, 21]
    assert len(lines) == 2
    assert "frame10.png" in lines[0]
    assert "frame15.png" in lines[1]


def test_mirror_and_region(clip: Path) -> None:
    whole = read_all(clip)[0][37].image
    mirrored = read_all(clip, CaptureSettings(mirror=True))[0][37].image
    assert np.array_equal(mirrored, whole[:, ::-1])
    part = read_all(clip, CaptureSettings(roi=parse_roi("32,100,64,40")))[0][37].image
    assert np.array_equal(part, whole[100:140, 32:96])
    half = read_all(clip, CaptureSettings(roi=parse_roi("0.5,0,0.5,1")))[0][37].image
    assert np.array_equal(half, whole[:, 160:])


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "0,0,0,5", "-1,0,5,5", "nan,0,1,1", "inf,0,1,1"])
def test_a_region_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="region"):
        CaptureSettings(roi=parse_roi(text))


def test_a_region_outside_the_frame(clip: Path) -> None:
    with pytest.raises(SourceError, match="outside the frame of 320x240"):
        read_all(clip, CaptureSettings(roi=(400, 0, 10, 10)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.mp4", None, "No such file"),
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"not a video at all, " * 50, "no video that OpenCV can read"),
        ("picture.png", b"\x89PNG broken", "not a picture"),
        ("far/too/deep.mp4", None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Exception, match=message) as caught:
        Capture(str(tmp_path / name), PLAIN, print)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("87", "does not exist"),
        ("/dev/video87", "does not exist"),
        ("/dev/null", "is not a camera"),
        ("gopher://example.org/", "use SCHEME://HOST/"),
    ],
)
def test_a_source_that_is_none(source: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        Capture(source, PLAIN, print)
