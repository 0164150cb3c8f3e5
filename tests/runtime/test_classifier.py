"""One picture or several, digits or anything else: what a classifier takes and what it refuses."""

import numpy as np
import pytest

from edgedigits import BundleError, DigitClassifier, ImageClassifier, PictureError
from edgedigits.imaging.resizing import to_form
from edgedigits_data import load_mnist

TEST = load_mnist("test")


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_one_picture_is_one_picture(channels):
    image = TEST.images[0]
    picture = image if channels is None else np.repeat(image[..., None], channels, axis=2)
    (found,) = DigitClassifier("nano").classify(picture)
    assert found == DigitClassifier("nano").classify([image])[0]
    assert found.digit == TEST.labels[0]


def test_a_batch_is_several_pictures():
    classifier = DigitClassifier("nano")
    expected = [prediction.digit for prediction in classifier.classify(list(TEST.images[:5]))]
    for batch in (TEST.images[:5], TEST.images[:5, ..., None], np.repeat(TEST.images[:5, ..., None], 3, axis=3)):
        assert [prediction.digit for prediction in classifier.classify(batch)] == expected
    assert classifier.classify([]) == []


def test_a_digit_model_is_an_image_classifier_as_well():
    classifier = ImageClassifier("nano")
    assert classifier.labels == tuple("0123456789")
    np.testing.assert_array_equal(
        classifier.probabilities(TEST.images[:8, ..., None]), DigitClassifier("nano").probabilities(TEST.images[:8])
    )
    (found,) = classifier.classify(TEST.images[0])
    assert found.label == str(TEST.labels[0])
    assert found.top[0] == (found.label, found.confidence)
    with pytest.raises(PictureError, match=r"\(N, 28, 28\)"):
        classifier.probabilities(TEST.images[:1].astype(np.float32))


def test_what_is_no_digit_model_is_refused_by_name():
    bundle = ImageClassifier("nano").bundle
    other = bundle._replace(manifest={**bundle.manifest, "labels": list("abcdefghij")})
    with pytest.raises(BundleError, match=r"no digit model.*a, b, c.*ImageClassifier"):
        DigitClassifier(other)
    assert ImageClassifier(other).labels == tuple("abcdefghij")


def test_pictures_get_the_form_of_the_model():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[..., 0] = 200  # blue comes first in BGR, last in RGB
    image = to_form(picture, (32, 20, 3))
    assert image.shape == (32, 20, 3)
    assert image[5, 5].tolist() == [0, 0, 200]
    assert to_form(picture, (32, 20, 1)).shape == (32, 20, 1)
    assert to_form(picture[..., 0], (40, 60, 3))[0, 0].tolist() == [200, 200, 200]
    clear = np.zeros((8, 8, 4), np.uint8)
    assert to_form(clear, (8, 8, 3)).min() == to_form(clear, (8, 8, 1)).min() == 255
    with pytest.raises(PictureError):
        to_form(np.zeros((8, 8), np.float32), (8, 8, 3))
