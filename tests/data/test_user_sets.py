"""A user's own digits: every form, and everything that is wrong with them, by name."""

import gzip
import shutil
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edgedigits_data import DataError, Split, load_mnist
from edgedigits_data.user_sets import load_set

DIGITS = Split(load_mnist("test").images[:60], load_mnist("test").labels[:60])


def shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = picture if picture.ndim == 2 else picture[..., 0]
    return np.asarray(cv2.resize(grey, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, (image, label) in enumerate(zip(DIGITS.images, DIGITS.labels, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / str(label) / f"{i:03}.png"), image)
    return tmp_path


def _same(found: Split, expected: Split) -> None:
    assert len(found) == len(expected)
    key = sorted((label, image.tobytes()) for image, label in zip(found.images, found.labels, strict=True))
    assert key == sorted(
        (label, image.tobytes()) for image, label in zip(expected.images, expected.labels, strict=True)
    )


def _write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    content = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_a_folder_of_pictures_by_class(folder: Path) -> None:
    _same(load_set(folder, shrink).digits, DIGITS)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_packed_or_not_by_file_or_folder(tmp_path: Path, end: str) -> None:
    _write_idx(tmp_path / f"my-images-idx3-ubyte{end}", DIGITS.images)
    _write_idx(tmp_path / f"my-labels-idx1-ubyte{end}", DIGITS.labels)
    for path in (tmp_path, tmp_path / f"my-images-idx3-ubyte{end}"):
        _same(load_set(path, shrink).digits, DIGITS)


@pytest.mark.parametrize(("x", "y"), [("images", "labels"), ("x_train", "y_train"), ("x", "y")])
def test_npz(tmp_path: Path, x: str, y: str) -> None:
    np.savez(tmp_path / "set.npz", **{x: DIGITS.images, y: DIGITS.labels.astype(np.int64)})  # type: ignore[arg-type]
    _same(load_set(tmp_path / "set.npz", shrink).digits, DIGITS)


def test_images_of_another_size_are_prepared(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=DIGITS.images.repeat(2, 1).repeat(2, 2), labels=DIGITS.labels)
    _same(load_set(tmp_path / "set.npz", shrink).digits, DIGITS)


def test_what_is_wrong_in_a_folder_is_refused_or_skipped_and_named(folder: Path) -> None:
    (folder / "3" / "broken.png").write_bytes(b"\x89PNG no more")
    (folder / "eleven").mkdir()
    shutil.rmtree(folder / "6")
    (folder / "6").mkdir()
    with pytest.raises(DataError, match=r"broken\.png is not a picture"):
        load_set(folder, shrink)
    found = load_set(folder, shrink, "skip")
    assert [line.split(" is ")[0].rsplit("/", 1)[1] for line in found.skipped] == ["broken.png", "6", "eleven"]
    assert len(found.digits) == len(DIGITS) - np.sum(DIGITS.labels == 6)


def test_a_wrong_label_is_named_with_its_image(tmp_path: Path) -> None:
    labels = DIGITS.labels.astype(int)
    labels[7] = 12
    np.savez(tmp_path / "set.npz", images=DIGITS.images, labels=labels)
    with pytest.raises(DataError, match="image 7 has the label 12"):
        load_set(tmp_path / "set.npz", shrink)
    found = load_set(tmp_path / "set.npz", shrink, "skip")
    assert len(found.digits) == len(DIGITS) - 1
    assert len(found.skipped) == 1


def test_one_class_alone_cannot_be_learnt(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=DIGITS.images, labels=np.full(60, 4))
    with pytest.raises(DataError, match="only the digit 4"):
        load_set(tmp_path / "set.npz", shrink)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("set.npz", b"PK\x03\x04 nothing", "no archive of arrays"),
        ("set.npz", b"", "no archive of arrays"),
        ("a-images-idx3-ubyte", b"\0\0\x08\x03", "no IDX file"),
        ("a-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, 10, 28, 28) + b"short", "announces"),
        ("a-images-idx3-ubyte.gz", b"\x1f\x8b rubbish", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    if "images" in name:
        (tmp_path / name.replace("images", "labels").replace("idx3", "idx1")).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_set(tmp_path / name, shrink)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_digits_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither folders 0 to 9 nor"):
        load_set(tmp_path, shrink)
