"""The page reader's loss: penalty-reduced focal loss for heat maps, absolute error for boxes.

"Objects as Points" (Zhou, Wang and Kraehenbuehl, 2019, https://arxiv.org/abs/1904.07850), equation 1, written with
logits, and with positives gathered instead of computed for every cell.
"""

from typing import Any

from keras import ops

from edgedigits.reading.heatmap.page_network import BOX_GAIN
from edgedigits_train.reader.targets import MAPS, SMALL_MAP

Tensor = Any
BOX_WEIGHT = 0.5
# Letters and signs are asked for only so that digits have something to compete with.
OTHERS_WEIGHT = 0.5


def reader_loss(targets: dict[str, Tensor], page: Tensor) -> Tensor:
    """The loss of a batch, one float32.

    Args:
        targets: the fields of `Targets`, each with the batch as its first axis.
        page: the network's output, float32 (N, cells, cells, OUTPUTS).
    """
    page = ops.cast(page, "float32")
    logits = page[..., :MAPS]
    heat = ops.sigmoid(logits)
    scales = [1.0] * (SMALL_MAP + 1) + [OTHERS_WEIGHT] * (MAPS - SMALL_MAP - 1)
    false = ops.cast(targets["negative"], "float32") * ops.square(heat) * ops.softplus(logits)
    false = ops.sum(ops.sum(false, axis=(0, 1, 2)) * ops.convert_to_tensor(scales, "float32")) / 255
    flat = ops.reshape(page, (ops.shape(page)[0], -1, page.shape[-1]))
    at = ops.take_along_axis(flat, ops.cast(targets["cell"], "int32")[..., None], axis=1)
    place, weight = ops.cast(targets["map"], "int32"), ops.cast(targets["weight"], "float32")
    logit = ops.take_along_axis(at, place[..., None], axis=2)[..., 0]
    scale = ops.where(place > SMALL_MAP, OTHERS_WEIGHT, 1.0)
    missed = ops.sum(weight * scale * ops.square(1 - ops.sigmoid(logit)) * ops.softplus(-logit))
    boxed = weight * scale * ops.cast(place != SMALL_MAP, "float32")
    error = ops.sum(ops.sum(ops.abs(at[..., MAPS:] - targets["box"]), axis=-1) * boxed) / BOX_GAIN
    count = ops.sum(weight * scale) + 1
    return (false + missed + BOX_WEIGHT * error) / count
