"""Engines: whichever runs, however many images, from however many threads, an image has one answer."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from edgedigits import DigitClassifier, PictureError, load_bundle
from edgedigits_data import load_mnist

ARTIFACTS = load_bundle("nano").artifacts


@pytest.fixture(scope="module")
def images():
    return load_mnist("validation").images[:48]


@pytest.fixture(params=ARTIFACTS)
def classifier(request):
    if request.param.startswith("micro/"):
        pytest.importorskip("tflite_micro")
    return DigitClassifier("nano", request.param)


def test_an_image_alone_gets_the_answer_that_it_gets_among_others(classifier, images):
    together = classifier.probabilities(images)
    alone = [classifier.probabilities(image[None]) for image in images]  # kept: none may change with the next call
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.concatenate(alone), together, atol=1e-5)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    assert classifier.probabilities(images[:0]).shape == (0, 10)


def test_the_form_of_the_images_in_memory_does_not_matter(classifier, images):
    expected = classifier.probabilities(images)
    np.testing.assert_array_equal(classifier.probabilities(images[..., None]), expected)
    np.testing.assert_array_equal(
        classifier.probabilities(images.transpose(0, 2, 1).copy().transpose(0, 2, 1)), expected
    )


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((28, 28), np.uint8),
        np.zeros((2, 28, 28, 3), np.uint8),  # a colour picture is not three grey ones
        np.zeros((2, 28, 29), np.uint8),
        np.zeros((2, 28, 28), np.float32),
        [[0] * 28] * 28,
    ],
)
def test_what_is_no_batch_of_images_is_refused(batch):
    with pytest.raises(PictureError, match="28, 28"):
        DigitClassifier("nano").probabilities(batch)


def test_threads_do_not_mix_up_their_images(classifier, images):
    expected = classifier.probabilities(images)
    order = np.random.default_rng(0).permutation(20 * len(images)) % len(images)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: classifier.probabilities(images[i : i + 1])[0], order))
    np.testing.assert_allclose(answers, expected[order], atol=1e-5)
