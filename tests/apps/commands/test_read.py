"""The program as people call it: `edgedigits read` on good and bad input, its JSON, its exit statuses."""

import csv
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest

from edgedigits import load_bundle
from edgedigits.bundle.reading import MANIFEST
from edgedigits_data import load_mnist


def page_of(rows):
    """A clean page: rows of MNIST digits, dark on white, well apart."""
    test = load_mnist("test")
    page = np.full((100 * len(rows) + 60, 80 * max(map(len, rows)) + 80), 255, np.uint8)
    taken = dict.fromkeys("0123456789", 1)  # the second of each: the first 5 is in two pieces
    for r, row in enumerate(rows):
        for c, label in enumerate(row):
            index = np.flatnonzero(test.labels == int(label))[taken[label]]
            taken[label] += 1
            digit = cv2.resize(test.images[index], (56, 56), interpolation=cv2.INTER_CUBIC)
            page[40 + 100 * r : 96 + 100 * r, 40 + 80 * c : 96 + 80 * c] -= digit
    return page


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "page.png"
    cv2.imwrite(str(path), page_of(["0518", "24"]))
    return path


def bad_pictures(folder):
    """A file for each way in which a picture can be wrong, with what the message must say."""
    good = cv2.imencode(".png", page_of(["7"]))[1].tobytes()
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    contents = {
        "text.jpg": (b"this is a letter", "not a picture"),
        "empty.png": (b"", "empty"),
        "huge.png": (bomb, "megapixels"),
        "phone.heic": (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC"),
        "scan.pdf": (b"%PDF-1.7 ...", "PDF"),
        "cut.png": (good[:40], "damaged"),
    }
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    return {str(folder / name): message for name, (_, message) in contents.items()} | {
        str(folder / "missing.png"): "No such file",
        str(folder): "directory",
    }


def test_json_is_the_contract(edgedigits, page):
    done = edgedigits("read", "--json", page)
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    read = json.loads(line)
    assert list(read) == ["source", "size", "rows", "text", "digits", "milliseconds"]
    assert read["source"] == str(page)
    assert read["size"] == list(cv2.imread(str(page)).shape[1::-1])
    assert read["rows"] == ["0518", "24"]
    assert read["text"] == "0518\n24"
    for digit in read["digits"]:
        assert list(digit) == ["digit", "confidence", "box", "row", "top"]
        assert len(digit["top"]) == 3
        assert digit["top"][0] == [digit["digit"], digit["confidence"]]
        x, y, width, height = digit["box"]
        assert 0 <= x < x + width <= read["size"][0]
        assert 0 <= y < y + height <= read["size"][1]


def test_the_text_form_prints_the_rows(edgedigits, page):
    assert edgedigits("read", page).stdout == "0518\n24\n"


def test_bad_pictures_are_named_and_the_rest_is_read(edgedigits, page, tmp_path):
    bad = bad_pictures(tmp_path)
    bad.pop(str(tmp_path))
    done = edgedigits("read", "--json", *bad, page)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["source"] for line in lines] == [*bad, str(page)]
    for line in lines[:-1]:
        assert set(line) == {"source", "error"}
        assert bad[line["source"]] in line["error"]
        assert "\n" not in line["error"]
    assert lines[-1]["rows"] == ["0518", "24"]
    # the same without --json: one line each on standard error
    done = edgedigits("read", *bad, page)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == len(bad)
    assert all(line.startswith("error: ") for line in done.stderr.splitlines())


def test_tiny_and_blank_pictures_have_no_digits(edgedigits, tmp_path):
    for name, picture in {
        "1x1.png": np.zeros((1, 1)),
        "1x900.png": np.zeros((1, 900)),
        "blank.png": np.ones((90, 90)),
    }.items():
        cv2.imwrite(str(tmp_path / name), (picture * 255).astype(np.uint8))
    done = edgedigits("read", "--json", tmp_path)
    assert done.returncode == 0
    assert [json.loads(line)["rows"] for line in done.stdout.splitlines()] == [[], [], []]


def test_folders_patterns_and_standard_input(edgedigits, page, tmp_path):
    for name in ("b.png", "a.png", "notes.txt"):
        shutil.copy(page, tmp_path / name)
    folder = edgedigits("read", "--json", tmp_path)
    pattern = edgedigits("read", "--json", f"{tmp_path}/*.png")
    for done in (folder, pattern):
        sources = [json.loads(line)["source"] for line in done.stdout.splitlines()]
        assert sources == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    piped = edgedigits("read", "-", stdin=page.read_bytes())
    assert piped.stdout == "0518\n24\n"
    (tmp_path / "void").mkdir()
    for nothing in (tmp_path / "void", f"{tmp_path}/*.gif"):
        done = edgedigits("read", "--json", nothing, page)
        assert done.returncode == 1
        assert len(done.stdout.splitlines()) == 2


def test_pipes_devices_and_folders_are_refused_at_once(edgedigits, page, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "folder.png").mkdir()
    done = edgedigits("read", tmp_path, page, "--json", timeout=60)
    assert done.returncode == 1
    *refused, read = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [line["error"].rpartition(": ")[2] for line in refused]
    assert kinds == [f"it is a {kind}, not a regular file" for kind in ("folder", "pipe", "device")]
    assert read["rows"] == ["0518", "24"]


def test_a_pattern_does_not_follow_links_in_circles(edgedigits, page, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).symlink_to(".")
    (tmp_path / ".hidden").mkdir()
    for place in (tmp_path, tmp_path / ".hidden"):
        shutil.copy(page, place)
    done = edgedigits("read", f"{tmp_path}/**/*.png", "--json", timeout=60)
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == [str(tmp_path / page.name)]


def test_standard_input_is_read_no_further_than_a_file(tmp_path):
    command = f"head -c 3G /dev/zero | ( ulimit -v 6000000; {sys.executable} -m edgedigits_apps read - --json )"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "larger than 200 MB" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("limit", ["abc", "-1", "1"])
def test_opencvs_own_limit_is_ours_whatever_the_environment_says(edgedigits, page, limit):
    done = edgedigits("read", page, env={**os.environ, "OPENCV_IO_MAX_IMAGE_PIXELS": limit})
    assert done.stdout == "0518\n24\n"


def test_a_transparent_drawing_is_read(edgedigits, page, tmp_path):
    """Black ink on nothing, as drawing programs save it: the nothing is black as well."""
    ink = 255 - cv2.imread(str(page), cv2.IMREAD_GRAYSCALE)
    nothing = np.zeros_like(ink)
    cv2.imwrite(str(tmp_path / "drawing.png"), np.dstack([nothing, nothing, nothing, ink]))
    assert edgedigits("read", tmp_path / "drawing.png").stdout == "0518\n24\n"


def test_exif_orientation_is_honoured(edgedigits, page, tmp_path):
    upright = cv2.imread(str(page))
    jpeg = cv2.imencode(".jpg", cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)  # 6: turn clockwise to view
    segment = b"Exif\0\0" + tiff
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:])
    read = json.loads(edgedigits("read", "--json", path).stdout)
    assert read["size"] == list(upright.shape[1::-1])
    assert read["rows"] == ["0518", "24"]


def test_annotated_copies_and_crops(edgedigits, page, tmp_path):
    (tmp_path / "other").mkdir()
    twin = shutil.copy(page, tmp_path / "other" / page.name)
    done = edgedigits("read", page, twin, "--annotate", tmp_path / "out", "--crop-dir", tmp_path / "crops")
    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["page-2.jpg", "page.jpg"]
    drawn = cv2.imread(str(tmp_path / "out" / "page.jpg"))
    assert drawn.shape == cv2.imread(str(page)).shape
    assert np.ptp(drawn.astype(int), axis=2).max() > 50  # there is colour on it now
    crops = sorted((tmp_path / "crops").glob("?/*.png"))
    assert len(crops) == 12
    assert {crop.parent.name for crop in crops} == set("051824")
    assert all(0 < float(crop.name.partition("-")[0]) <= 1 for crop in crops)


def test_csv_has_one_header_and_a_line_for_each_digit(edgedigits, page, tmp_path):
    done = edgedigits("read", page, page, "--csv")
    assert done.returncode == 0
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [line["digit"] for line in lines] == list("051824") * 2
    assert {line["source"] for line in lines} == {str(page)}
    assert done.stdout.count("confidence") == 1
    assert edgedigits("read", page, "--csv", "--json").returncode == 2


def test_watching_what_is_no_folder_is_wrong_usage(edgedigits, page):
    done = edgedigits("read", page, "--watch")
    assert done.returncode == 2
    assert "folder" in done.stderr


def test_an_output_that_is_a_file_is_wrong_usage(edgedigits, page):
    done = edgedigits("read", page, "--annotate", page)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("harm", ["missing", "hash", "truncated", "no manifest", "artifact"])
def test_a_bad_bundle_is_one_line(edgedigits, page, tmp_path, harm):
    bundle = tmp_path / "bundle"
    shutil.copytree(load_bundle("edge").path, bundle)
    options = ["--artifact", "int8.tflite"]
    model = bundle / "int8.tflite"
    if harm == "missing":
        shutil.rmtree(bundle)
    elif harm == "hash":
        model.write_bytes(model.read_bytes()[::-1])
    elif harm == "truncated":
        model.write_bytes(model.read_bytes()[:500])
    elif harm == "no manifest":
        (bundle / MANIFEST).unlink()
    else:
        options = ["--artifact", "int4.tflite"]
    done = edgedigits("read", page, "--bundle", bundle, *options)
    assert done.returncode == (1 if harm in ("hash", "truncated") else 2)  # a wrong name is wrong usage
    assert len(done.stderr.splitlines()) == 1
    assert "bundle" in done.stderr


def test_wrong_usage_is_2(edgedigits):
    for arguments in (["read"], ["read", "--frobnicate", "x"], ["frobnicate"], ["read", "x.png", "--threads", "0"]):
        assert edgedigits(*arguments).returncode == 2


def test_a_closed_pipe_is_no_traceback(page):
    command = f"{sys.executable} -m edgedigits_apps read --json {' '.join([str(page)] * 50)} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env={**os.environ}, check=True)
    assert json.loads(done.stdout)["rows"] == ["0518", "24"]
    assert b"Traceback" not in done.stderr
