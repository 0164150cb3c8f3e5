"""Classifiers and readers go to other processes, as a pool's do; damaged bundles are found there, too."""

import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from edgedigits import BundleError, DigitClassifier, DigitReader, ImageClassifier, load_bundle
from edgedigits_data import load_mnist


@pytest.mark.parametrize("kind", [DigitClassifier, ImageClassifier])
def test_a_classifier_in_another_process_gives_the_same_probabilities(kind):
    classifier, images = kind("edge", "dynamic.tflite", threads=2), load_mnist("test").images[:20]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        elsewhere = pool.submit(classifier.probabilities, images).result()
    np.testing.assert_array_equal(elsewhere, classifier.probabilities(images))
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.artifact, again.bundle) == (classifier.artifact, classifier.bundle)


def test_a_reader_pickled_reads_the_same():
    reader, page = DigitReader(artifact="float32.tflite"), np.full((120, 300), 240, np.uint8)
    for i, image in enumerate(load_mnist("test").images[:3]):
        page[40:68, 40 + 80 * i : 68 + 80 * i] -= (image * 0.9).astype(np.uint8)
    again = pickle.loads(pickle.dumps(reader))
    assert again.classifier.artifact == "float32.tflite"
    assert again.read(page) == reader.read(page)
    assert reader.read(page).rows


def test_what_was_damaged_meanwhile_is_refused(tmp_path):
    shutil.copytree(load_bundle("edge").path, tmp_path / "edge")
    kept = pickle.dumps(DigitClassifier(tmp_path / "edge"))
    model = tmp_path / "edge" / "int8.tflite"
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    with pytest.raises(BundleError, match=r"int8\.tflite"):
        pickle.loads(kept)
