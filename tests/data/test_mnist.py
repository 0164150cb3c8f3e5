"""The MNIST files: whole, split as documented, and never loaded when damaged."""

import gzip
import shutil

import numpy as np
import pytest

from edgedigits_data import DataError, load_mnist, mnist


def test_the_splits_are_the_documented_ones():
    parts = {name: load_mnist(name) for name in ("train", "validation", "test")}
    assert {name: len(part) for name, part in parts.items()} == {"train": 55_000, "validation": 5_000, "test": 10_000}
    for part in parts.values():
        assert part.images.shape[1:] == (28, 28)
        assert part.images.dtype == np.uint8
        assert set(np.unique(part.labels)) == set(range(10))
    # no image of one part is in another
    hashes = {name: {image.tobytes() for image in part.images} for name, part in parts.items()}
    assert not hashes["train"] & hashes["test"]
    assert not hashes["validation"] & hashes["test"]


def test_a_balanced_subset_is_balanced_seeded_and_bounded():
    validation = load_mnist("validation")
    subset = validation.balanced(503, seed=1)
    counts = np.bincount(subset.labels, minlength=10)
    assert counts.sum() == 503
    assert counts.max() - counts.min() <= 1
    assert np.array_equal(subset.images, validation.balanced(503, seed=1).images)
    assert not np.array_equal(subset.images, validation.balanced(503, seed=2).images)
    with pytest.raises(DataError, match="ask for fewer"):
        validation.balanced(5_000)


@pytest.mark.parametrize("harm", ["flip", "truncate", "zeros", "bomb"])
def test_a_damaged_file_is_named(tmp_path, monkeypatch, harm):
    shutil.copytree(mnist.FOLDER, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "t10k-labels-idx1-ubyte.gz"
    content = path.read_bytes()
    if harm == "flip":
        raw = bytearray(gzip.decompress(content))
        raw[500] ^= 1
        path.write_bytes(gzip.compress(bytes(raw)))
    elif harm == "truncate":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "zeros":
        path.write_bytes(bytes(100))
    else:
        path.write_bytes(gzip.compress(bytes(100_000_000)))
    monkeypatch.setattr(mnist, "FOLDER", tmp_path)
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz") as error:
        load_mnist("test")
    assert "\n" not in str(error.value)
