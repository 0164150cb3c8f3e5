"""Digits as a pen and a camera would have made them: deformed, thicker or thinner, blurred, uneven, not alone.

Everything works on a whole batch at once, so that one core prepares images many times faster than two cores train on
them. Geometry follows Simard et al. 2003 ("Best Practices for Convolutional Neural Networks"): an affine map and a
smooth random displacement, sampled in one pass.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Field = NDArray[np.float32]
SIDE = 28
# cv2.remap addresses at most 32,767 rows, and the images of a chunk lie below one another.
CHUNK = 256
WEAR = 2 / 3


def augment(images: Images, random: np.random.Generator, wear: float = WEAR, by: float = 1.0) -> Images:
    """Deform and wear images, uint8 (N, 28, 28), each in its own way; the result has the same form.

    Args:
        images: 0 = paper, 255 = ink.
        random: the same state gives the same result.
        wear: the share of images that pen and camera spoil besides; the others keep clean ink.
        by: how strongly they are deformed; 1 is as far as people's hands differ, and a little further.
    """
    chunks = [_augment(images[i : i + CHUNK], random, wear, by) for i in range(0, len(images), CHUNK)]
    return np.concatenate(chunks) if chunks else images.copy()


def _augment(images: Images, random: np.random.Generator, wear: float, by: float) -> Images:
    deformed = deform(images, random, wear * 3 / 16, by)
    worn = stroke_width(deformed, random)
    worn = neighbours(worn, images, random)
    worn = ruled_lines(worn, random)
    worn = ink_and_lens(worn, random)
    clean = random.random(len(images)) >= wear
    worn[clean] = deformed[clean]
    return worn


def deform(images: Images, random: np.random.Generator, strongly: float = 1 / 8, by: float = 1.0) -> Images:
    """Rotate, slant, scale, shift and bend `by` so much; a share `strongly`, twice as much, as after a bad crop."""
    count = len(images)
    bad = random.random(count) < strongly
    strong = np.where(bad, 2.0, by)
    angle = random.normal(0, np.deg2rad(6), count) * strong
    slant = random.normal(0, 0.12, count) * strong
    size = np.exp(random.normal(0, 0.07, count) * strong)
    # Boxes that hold more than the digit make it smaller, never larger than the field.
    size = np.where(bad, size * random.uniform(0.65, 1.0, count), size)
    aspect = np.exp(random.normal(0, 0.06, count) * by)
    width, height = size * aspect, size / aspect
    cos, sin = np.cos(angle), np.sin(angle)
    # From a pixel of the result back to the image: unscale, unslant, turn back.
    inverse = np.stack([cos / width, sin / width - slant, -sin / height, cos / height]).astype(np.float32)
    shift = (random.normal(0, 1.0, (2, count)) * strong).clip(-4, 4).astype(np.float32)
    bent = by * random.uniform(0.3, 1.5, (1, count, 1, 1)).astype(np.float32)
    bend = smooth_field(random, (2, count), points=5) * bent
    axis = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    x, y = axis[None, None, :], axis[None, :, None]
    a, b, c, d = (part[:, None, None] for part in inverse)
    return sample(
        images, a * x + b * y + bend[0] - shift[0, :, None, None], c * x + d * y + bend[1] - shift[1, :, None, None]
    )


def sample(images: Images, x: Field, y: Field) -> Images:
    """Look each image up at its own coordinates (N, 28, 28), in pixels from its centre; outside there is paper.

    Cubic, since linear interpolation blurs every digit that is trained on, and none that is read.
    """
    count, centre = len(images), np.float32((SIDE - 1) / 2)
    row = np.arange(count, dtype=np.float32)[:, None, None] * SIDE
    outside = np.abs(y) > SIDE / 2
    x = np.where(outside, np.float32(-100), x + centre).reshape(count * SIDE, SIDE)
    y = (y + centre + row).reshape(count * SIDE, SIDE)
    flat = np.ascontiguousarray(images).reshape(count * SIDE, SIDE)
    return np.asarray(cv2.remap(flat, x, y, cv2.INTER_CUBIC), np.uint8).reshape(count, SIDE, SIDE)


def smooth_field(random: np.random.Generator, shape: tuple[int, ...], points: int) -> Field:
    """Random fields (*shape, 28, 28), about unit variance, through `points` by `points` random values."""
    coarse = random.standard_normal((*shape, points * points), np.float32)
    # Not `@`: BLAS would start a thread on every core, which the network needs.
    fine = np.einsum("...p,pq->...q", coarse, _cubic(points))
    return np.asarray(fine, np.float32).reshape(*shape, SIDE, SIDE)


@cache
def _cubic(points: int) -> Field:
    """The matrix (points * points, 784) of bicubic interpolation from a coarse field to a fine one."""
    corners = np.eye(points * points, dtype=np.float32).reshape(-1, points, points)
    return np.stack([cv2.resize(corner, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).ravel() for corner in corners])


def stroke_width(images: Images, random: np.random.Generator) -> Images:
    """Broader strokes for a third of the images, finer ones for a quarter where a stroke remains."""
    flat = images.reshape(-1, SIDE)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    broad = cv2.dilate(flat, cross).reshape(images.shape).astype(np.float32)
    fine = cv2.erode(flat, np.ones((2, 2), np.uint8)).reshape(images.shape).astype(np.float32)
    ink = images.astype(np.float32)
    choice, amount = random.random(len(images)), random.uniform(0.2, 1.0, len(images)).astype(np.float32)
    remains = fine.sum((1, 2)) > 0.45 * ink.sum((1, 2))
    broader = np.where(choice < 0.33, amount, 0)[:, None, None].astype(np.float32)
    finer = np.where((choice > 0.75) & remains, amount, 0)[:, None, None].astype(np.float32)
    return np.asarray(ink + broader * (broad - ink) + finer * (fine - ink), np.uint8)


def neighbours(images: Images, others: Images, random: np.random.Generator) -> Images:
    """Let a bit of another digit reach into one image in eight, from the left, right, above or below."""
    chosen = np.flatnonzero(random.random(len(images)) < 0.125)
    if not len(chosen):
        return images
    other = others[random.integers(0, len(others), len(chosen))]
    along = random.uniform(-5, 5, len(chosen)).astype(np.float32)[:, None, None]
    # A digit is about 20 pixels wide and high: this far off, 2 to 6 of them remain in sight.
    away = (random.uniform(18, 22, len(chosen)) * random.choice([-1, 1], len(chosen))).astype(np.float32)[:, None, None]
    sideways = (random.random(len(chosen)) < 0.75)[:, None, None]
    axis = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    x = axis[None, None, :] - np.where(sideways, away, along)
    y = axis[None, :, None] - np.where(sideways, along, away)
    x, y = np.broadcast_arrays(x, y)
    result = images.copy()
    result[chosen] = np.maximum(images[chosen], sample(other, x, y))
    return result


def ruled_lines(images: Images, random: np.random.Generator) -> Images:
    """Put a piece of a ruled line or box near the edge of one image in ten."""
    chosen = np.flatnonzero(random.random(len(images)) < 0.1)
    count = len(chosen)
    place = np.where(random.random(count) < 0.5, random.uniform(0, 4, count), random.uniform(23, 27, count))
    tilt, breadth = random.normal(0, 0.04, count), random.uniform(0.8, 1.8, count)
    axis = np.arange(SIDE, dtype=np.float32)
    upright = (random.random(count) < 0.4)[:, None, None]
    across = np.where(upright, axis[None, None, :], axis[None, :, None])
    along = np.where(upright, axis[None, :, None], axis[None, None, :]) - SIDE / 2
    distance = np.abs(across - place[:, None, None] - tilt[:, None, None] * along)
    strength = random.uniform(60, 255, count)[:, None, None]
    line = strength * np.clip(breadth[:, None, None] - distance, 0, 1)
    result = images.copy()
    result[chosen] = np.maximum(images[chosen], line.astype(np.uint8))
    return result


def ink_and_lens(images: Images, random: np.random.Generator) -> Images:
    """Uneven ink, blur and noise, each for about a quarter of the images."""
    count = len(images)
    ink = images.astype(np.float32)
    uneven = (random.uniform(0.1, 0.3, count) * (random.random(count) < 0.25))[:, None, None].astype(np.float32)
    ink *= np.clip(1 - uneven * np.abs(smooth_field(random, (count,), points=4)) * 1.5, 0.25, 1)
    blurred = cv2.GaussianBlur(ink.reshape(-1, SIDE), (5, 5), 1.1).reshape(ink.shape)
    soft = (random.uniform(0.2, 1.0, count) * (random.random(count) < 0.3))[:, None, None].astype(np.float32)
    ink += soft * (blurred - ink)
    # A blurred thin stroke pales; the normalization of pictures stretches it back to full ink.
    peak = ink.max((1, 2), keepdims=True)
    stretch = (random.random(count) < 0.8)[:, None, None] & (soft > 0)
    ink *= np.where(stretch, 255 / np.maximum(peak, 64), 1).astype(np.float32)
    noisy = np.flatnonzero(random.random(count) < 0.25)
    noise = random.uniform(3, 22, (len(noisy), 1, 1)).astype(np.float32)
    ink[noisy] += noise * random.standard_normal((len(noisy), SIDE, SIDE), np.float32)
    return np.clip(ink, 0, 255).astype(np.uint8)
