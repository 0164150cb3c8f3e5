"""What a teacher's opinion does to the targets of a batch."""

from pathlib import Path

import numpy as np

from edgedigits_data import Split
from edgedigits_train.classifier.architectures import build
from edgedigits_train.classifier.batches import epoch_batches, gather
from edgedigits_train.classifier.distillation import load_teacher
from edgedigits_train.classifier.step import predict
from edgedigits_train.settings import TrainSettings


def test_the_teacher_is_asked_about_the_very_images_that_the_student_sees(tmp_path: Path) -> None:
    teacher = build("nano")
    teacher.save(tmp_path / "model.keras")
    random = np.random.default_rng(1)
    digits = Split(random.integers(0, 256, (40, 28, 28), np.uint8), random.integers(0, 10, 40).astype(np.uint8))
    settings = TrainSettings.for_model("edge", batch_size=16, distil_from=str(tmp_path), distil_weight=1.0)
    seen = [list(epoch_batches(gather(digits, settings), settings, epoch)) for epoch in (0, 1)]
    for images, wanted in seen[0]:
        count = round(len(images) / (1 + settings.nondigits))
        np.testing.assert_allclose(wanted[:count], predict(teacher, images[:count]), atol=1e-5)
        np.testing.assert_array_equal(wanted[count:], np.float32(0.1))
    assert not np.array_equal(seen[0][0][0], seen[1][0][0]), "every epoch has copies of its own"


def test_half_of_a_target_is_the_teachers_and_half_the_labels(tmp_path: Path) -> None:
    build("nano").save(tmp_path / "model.keras")
    digits = Split(np.zeros((8, 28, 28), np.uint8), np.arange(8, dtype=np.uint8))
    settings = TrainSettings.for_model("edge", distil_from=str(tmp_path), nondigits=0.0, label_smoothing=0.0)
    (_, wanted), *rest = epoch_batches(gather(digits, settings), settings, 0)
    assert not rest
    np.testing.assert_allclose(wanted.sum(axis=1), 1, atol=1e-5)
    assert (wanted.max(axis=1) > 0.5).all()


def test_of_several_teachers_the_mean_is_taken(tmp_path: Path) -> None:
    for name in ("nano", "edge"):
        build(name).save(tmp_path / f"{name}.keras")
    images = np.random.default_rng(2).integers(0, 256, (8, 28, 28), np.uint8)
    alone = [load_teacher([tmp_path / f"{name}.keras"])(images) for name in ("nano", "edge")]
    assert not np.allclose(*alone), "two that agree would prove nothing"
    settings = TrainSettings.for_model("edge", distil_from=f"{tmp_path}/nano.keras,{tmp_path}/edge.keras")
    together = gather(Split(images, np.zeros(8, np.uint8)), settings).teacher
    assert together is not None
    np.testing.assert_allclose(together(images), (alone[0] + alone[1]) / 2, atol=1e-6)
