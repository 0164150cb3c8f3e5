"""A user's own digits: every form, and everything that is wrong with them, by name."""

import gzip
import shutil
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edgedigits_data import DataError, Split, load_mnist
from edgedigits_data.user_sets import Pictures, UnusableSetError, load_set

DIGITS = Split(load_mnist("test").images[:60], load_mnist("test").labels[:60])


def shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = picture if picture.ndim == 2 else picture[..., 0]
    return np.asarray(cv2.resize(grey, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)


def decode(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("no picture")
    return np.asarray(picture, np.uint8)


PICTURES = Pictures(decode, shrink)


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
    _same(load_set(folder, PICTURES).digits, DIGITS)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_packed_or_not_by_file_or_folder(tmp_path: Path, end: str) -> None:
    _write_idx(tmp_path / f"my-images-idx3-ubyte{end}", DIGITS.images)
    _write_idx(tmp_path / f"my-labels-idx1-ubyte{end}", DIGITS.labels)
    for path in (tmp_path, tmp_path / f"my-images-idx3-ubyte{end}"):
        _same(load_set(path, PICTURES).digits, DIGITS)


@pytest.mark.parametrize(("x", "y"), [("images", "labels"), ("x_train", "y_train"), ("x", "y")])
def test_npz(tmp_path: Path, x: str, y: str) -> None:
    np.savez(tmp_path / "set.npz", **{x: DIGITS.images, y: DIGITS.labels.astype(np.int64)})  # type: ignore[arg-type]
    _same(load_set(tmp_path / "set.npz", PICTURES).digits, DIGITS)


def test_images_of_another_size_are_prepared(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=DIGITS.images.repeat(2, 1).repeat(2, 2), labels=DIGITS.labels)
    _same(load_set(tmp_path / "set.npz", PICTURES).digits, DIGITS)


def test_what_is_wrong_in_a_folder_is_refused_or_skipped_and_named(folder: Path) -> None:
    (folder / "3" / "broken.png").write_bytes(b"\x89PNG no more")
    (folder / "eleven").mkdir()
    shutil.rmtree(folder / "6")
    (folder / "6").mkdir()
    with pytest.raises(DataError, match=r"broken\.png is not a picture"):
        load_set(folder, PICTURES)
    found = load_set(folder, PICTURES, "skip")
    assert [line.split(" is ")[0].rsplit("/", 1)[1] for line in found.skipped] == ["broken.png", "6", "eleven"]
    assert len(found.digits) == len(DIGITS) - np.sum(DIGITS.labels == 6)


def test_a_wrong_label_is_named_with_its_image(tmp_path: Path) -> None:
    labels = DIGITS.labels.astype(int)
    labels[7] = 12
    np.savez(tmp_path / "set.npz", images=DIGITS.images, labels=labels)
    with pytest.raises(DataError, match="image 7 has the label 12"):
        load_set(tmp_path / "set.npz", PICTURES)
    found = load_set(tmp_path / "set.npz", PICTURES, "skip")
    assert len(found.digits) == len(DIGITS) - 1
    assert len(found.skipped) == 1


def test_one_class_alone_cannot_be_learnt(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=DIGITS.images, labels=np.full(60, 4))
    with pytest.raises(DataError, match="only the digit 4"):
        load_set(tmp_path / "set.npz", PICTURES)


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
        load_set(tmp_path / name, PICTURES)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_digits_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a folder for each class nor"):
        load_set(tmp_path, PICTURES)


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", [".csv", ".csv.gz"])
def test_a_table_as_kaggle_has_it(tmp_path: Path, labelled: bool, header: bool, end: str) -> None:
    rows = DIGITS.images.reshape(60, -1).astype(int)
    names = [f"pixel{i}" for i in range(784)]
    if labelled:
        rows, names = np.column_stack([DIGITS.labels.astype(int), rows]), ["label", *names]
    text = "".join(",".join(map(str, row)) + "\n" for row in ([names] if header else []) + rows.tolist())
    path = tmp_path / f"train{end}"
    path.write_bytes(gzip.compress(text.encode()) if end.endswith("gz") else text.encode())
    found = load_set(path, PICTURES)
    assert found.labelled == labelled
    np.testing.assert_array_equal(found.digits.images, DIGITS.images)
    np.testing.assert_array_equal(found.digits.labels, DIGITS.labels if labelled else 0)


def test_a_table_of_another_width_is_refused_with_what_it_should_have(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,6\n")
    with pytest.raises(DataError, match="3 columns; an image of this form has 784"):
        load_set(tmp_path / "a.csv", PICTURES)


def test_npy_files_with_their_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", DIGITS.images[:40])
    np.save(tmp_path / "y_train.npy", DIGITS.labels[:40])
    np.save(tmp_path / "x_test.npy", DIGITS.images[40:])
    np.save(tmp_path / "y_test.npy", DIGITS.labels[40:])
    found = load_set(tmp_path, PICTURES)
    assert found.test is not None
    _same(found.digits, DIGITS.take(np.arange(40)))
    _same(found.test, DIGITS.take(np.arange(40, 60)))
    _same(load_set(tmp_path / "x_test.npy", PICTURES).digits, DIGITS.take(np.arange(40, 60)))
    (tmp_path / "y_test.npy").unlink()
    assert not load_set(tmp_path / "x_test.npy", PICTURES).labelled


def test_what_a_set_keeps_for_testing_stays_apart(tmp_path: Path) -> None:
    x, y = DIGITS.images, DIGITS.labels
    np.savez(tmp_path / "mnist.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    found = load_set(tmp_path / "mnist.npz", PICTURES)
    assert (len(found.digits), len(found.test or ())) == (40, 20)


def test_folders_for_training_and_for_test_of_any_classes_and_form(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for part, count in (("train", 3), ("val", 2)):
        for name in ("cat", "dog", "10"):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for i in range(count):
                cv2.imwrite(str(folder / f"{i}.png"), random.integers(0, 255, (40, 30, 3), np.uint8))
    pictures = Pictures(decode, lambda picture: np.asarray(cv2.resize(picture, (20, 32))[..., ::-1], np.uint8))
    found = load_set(tmp_path, pictures, form=(32, 20, 3), classes=None)
    assert found.classes == ("10", "cat", "dog")  # as Keras numbers them
    assert found.digits.images.shape == (9, 32, 20, 3)
    assert found.test is not None
    assert found.test.labels.tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(DataError, match=r"dog is no class: its name must be one of 10, cat"):
        load_set(tmp_path, pictures, form=(32, 20, 3), classes=["10", "cat"])


def test_what_file_managers_leave_is_counted_not_refused(folder: Path) -> None:
    (folder / "7" / "._7.png").write_bytes(b"\0\5\x16\7")
    (folder / "7" / "Thumbs.db").write_bytes(b"thumbs")
    found = load_set(folder, PICTURES)
    _same(found.digits, DIGITS)
    assert [line[:7] for line in found.skipped] == ["2 files"]


@pytest.mark.parametrize(
    ("saved", "note"),
    [
        (lambda x: 255 - x, "100% of the images have dark ink on light paper; all were inverted"),
        (lambda x: x / 255, "levels 0 to 1; they were multiplied by 255"),
        (lambda x: x.astype(np.uint16) * 257, "levels to 65535; they were divided by 257"),
        (lambda x: x.astype(np.int64)[:, None], ""),
        (lambda x: x.reshape(60, -1).astype(np.float64), ""),
    ],
)
def test_levels_and_axes_as_people_save_them(tmp_path: Path, saved: Any, note: str) -> None:
    np.savez(tmp_path / "set.npz", x=saved(DIGITS.images), y=DIGITS.labels)
    found = load_set(tmp_path / "set.npz", PICTURES)
    np.testing.assert_array_equal(found.digits.images, DIGITS.images)
    assert note in " ".join(found.notes)
    assert bool(note) == bool(found.notes)


def test_what_is_transparent_lies_on_white_paper(tmp_path: Path) -> None:
    for i, (image, label) in enumerate(zip(DIGITS.images, DIGITS.labels, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / str(label) / f"{i:03}.png"), np.dstack([np.zeros((28, 28, 3), np.uint8), image]))
    found = load_set(tmp_path, shrink)
    _same(found.digits, DIGITS)
    assert "100% of the images have dark ink" in found.notes[0]


def test_masks_with_levels_0_and_1(tmp_path: Path) -> None:
    for i, (image, label) in enumerate(zip(DIGITS.images, DIGITS.labels, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / str(label) / f"{i:03}.png"), np.asarray(image > 127, np.uint8))
    assert set(np.unique(load_set(tmp_path, PICTURES).digits.images)) == {0, 255}


@pytest.mark.parametrize(
    "saved", [lambda y: y.astype(str), lambda y: np.eye(10)[y], lambda y: y[:, None], lambda y: y.astype(np.float32)]
)
def test_labels_as_people_save_them(tmp_path: Path, saved: Any) -> None:
    np.savez(tmp_path / "set.npz", x=DIGITS.images, y=saved(DIGITS.labels))
    np.testing.assert_array_equal(load_set(tmp_path / "set.npz", PICTURES).digits.labels, DIGITS.labels)


def test_classes_counted_from_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "letters.npz", x=DIGITS.images, y=DIGITS.labels + 1)
    found = load_set(tmp_path / "letters.npz", PICTURES, classes=None, count=10)
    np.testing.assert_array_equal(found.digits.labels, DIGITS.labels)
    assert "1 was subtracted" in found.notes[0]


def test_blank_and_equal_images_are_counted_or_refused(tmp_path: Path) -> None:
    images = DIGITS.images.copy()
    images[:9] = 0
    np.savez(tmp_path / "some.npz", x=images, y=DIGITS.labels)
    assert "9 of 60 images are blank" in load_set(tmp_path / "some.npz", PICTURES).notes[0]
    np.savez(tmp_path / "all.npz", x=np.zeros_like(images), y=DIGITS.labels)
    with pytest.raises(UnusableSetError, match="all 60 images are blank"):
        load_set(tmp_path / "all.npz", PICTURES)
    np.savez(tmp_path / "same.npz", x=np.repeat(DIGITS.images[:1], 60, 0), y=DIGITS.labels)
    with pytest.raises(UnusableSetError, match="all 60 images are the same"):
        load_set(tmp_path / "same.npz", PICTURES)
    few = DIGITS.images[np.arange(60) % 7]
    np.savez(tmp_path / "few.npz", x=few, y=DIGITS.labels)
    assert "only 7 of 60 images differ" in load_set(tmp_path / "few.npz", PICTURES).notes[0]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (DIGITS.images / 127.5 - 1, "levels from -1 to 1"),
        (DIGITS.images.astype(str), "images of <U3"),
        (DIGITS.images.reshape(60, 28, 14, 2), r"\(60, 28, 14, 2\)"),
    ],
)
def test_arrays_that_are_no_images_are_refused(tmp_path: Path, images: NDArray[Any], message: str) -> None:
    np.savez(tmp_path / "set.npz", x=images, y=DIGITS.labels)
    with pytest.raises(DataError, match=message):
        load_set(tmp_path / "set.npz", PICTURES)
