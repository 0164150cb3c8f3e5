"""What happens to devices: full disks, vanished folders, kill -9, odd names, locales without UTF-8, clocks set back."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits import BundleError, DigitReader, load_bundle
from edgedigits_data import load_mnist

NAMES = [
    "two words.png",
    "two\nlines.png",
    "tab\tand 'quotes\" & $HOME;.png",
    "ziffern-äöü-数字-أرقام-🔢.png",
    "-rf.png",
    "%s{0}.png",
    "x" * 250 + ".png",
    os.fsdecode(b"latin-1 \xe9\xff.png"),
]


def page() -> np.ndarray:
    picture = np.full((120, 200), 245, np.uint8)
    for i, x in enumerate((20, 86, 152)):
        picture[46:74, x : x + 28] -= (load_mnist("test").images[i] * 0.9).astype(np.uint8)
    return cv2.resize(picture, None, fx=2, fy=2)


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), page())
    return path


@pytest.mark.slow
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}], ids=["", "C"])
def test_any_name_is_read_and_named_again(edgedigits, tmp_path, locale):
    content = cv2.imencode(".png", page())[1].tobytes()
    for name in NAMES:
        (tmp_path / name).write_bytes(content)
    done = edgedigits("read", tmp_path, "--json", "--annotate", tmp_path / "out put", env={**os.environ, **locale})
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(os.fsencode(line["source"]) for line in lines) == sorted(os.fsencode(tmp_path / n) for n in NAMES)
    assert {line["text"] for line in lines} == {DigitReader().read(page()).text}
    assert len(list((tmp_path / "out put").iterdir())) == len(NAMES)


@pytest.mark.slow
def test_names_of_missing_files_stay_on_one_line(edgedigits, tmp_path):
    missing = [tmp_path / "gone" / name for name in NAMES]
    done = edgedigits("read", "--", *missing)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == len(NAMES)
    assert all(line.startswith("error: ") for line in lines)


def test_a_full_disk_is_told_and_leaves_no_half_bundle(full_disk):
    from edgedigits.bundle.writing import write_bundle

    write_bundle(full_disk / "bundle", {"a.bin": b"a" * 20_000}, {"name": "old"})
    for place in ("bundle", "other"):
        with pytest.raises(BundleError, match="No space left"):
            write_bundle(full_disk / place, {"a.bin": b"b" * 60_000}, {"name": "new"}, force=True)
    assert load_bundle(full_disk / "bundle").read("a.bin") == b"a" * 20_000
    assert [path.name for path in full_disk.iterdir()] == ["bundle"]


@pytest.mark.slow
def test_reading_goes_on_without_what_a_full_disk_cannot_take(edgedigits, full_disk, picture):
    (full_disk / "filler").write_bytes(b"x" * 40_000)
    large = full_disk.parent / "large.png"
    cv2.imwrite(str(large), np.random.default_rng(0).integers(0, 255, (900, 900), np.uint8))
    done = edgedigits("read", large, picture, "--json", "--annotate", full_disk / "out")
    assert done.returncode == 1
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert "No space left" in first["error"]
    assert "text" in second


@pytest.mark.slow
def test_a_working_folder_that_vanished_does_not_matter(tmp_path, picture):
    folder = tmp_path / "soon gone"
    folder.mkdir()
    inside = ["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", str(folder)]
    command = [*inside, sys.executable, "-m", "edgedigits_apps", "read", str(picture), "--json"]
    done = subprocess.run(command, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"]


def test_a_clock_set_back_does_not_stop_the_live_reader():
    from edgedigits.live.frame import Frame
    from edgedigits.live.reader import LiveReader

    def settled(times):
        reader, image = LiveReader(), cv2.cvtColor(page(), cv2.COLOR_GRAY2BGR)
        seen = [reader.update(Frame(image, i, at, i / 10)) for i, at in enumerate(times)]
        return [shown.reading.page.text for shown in seen if shown.new]

    even = [1e9 + i / 10 for i in range(40)]
    expected = settled(even)
    assert len(expected) == 1
    assert settled([*even[:3], *(at - 3600 for at in even[3:])]) == expected


WRITER = """
import sys
from pathlib import Path
from edgedigits.bundle.writing import write_bundle
for i in range(10**6):
    files = {name: bytes([i % 256]) * 300_000 for name in ("a.bin", "b.bin", "c.bin")}
    write_bundle(Path(sys.argv[1]), files, {"name": str(i)}, force=True)
"""


@pytest.mark.slow
def test_killing_a_writer_at_any_moment_leaves_a_whole_bundle_or_none(tmp_path):
    from edgedigits.bundle.writing import write_bundle

    random, whole = np.random.default_rng(0), 0
    for i in range(12):
        place = tmp_path / str(i) / "bundle"
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place)])
        while not place.exists():
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        if place.exists():  # else it was killed between taking the old one away and putting the new one there
            bundle, whole = load_bundle(place), whole + 1
            assert len({bundle.read(name)[0] for name in bundle.files}) == 1
        write_bundle(place, {"a.bin": b"next"}, {"name": "next"}, force=True)
        assert load_bundle(place).read("a.bin") == b"next"
        assert [path.name for path in place.parent.iterdir()] == ["bundle"]
    assert whole
