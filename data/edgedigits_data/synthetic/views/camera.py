"""What a camera makes of a page: perspective, light, blur, noise, compression."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.views.canvas import Mask
from edgedigits_data.synthetic.views.chance import Random, between, chance, normal, pick, whole_between
from edgedigits_data.synthetic.views.paper import Levels, slopes

Matrix = NDArray[np.float64]  # (3, 3)


def shift(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def pose(random: Random, calm: bool = False) -> Matrix:
    """A homography about the origin: turned, sheared, tilted.

    Args:
        random: decides it.
        calm: less of everything, for whole pages and for digits that fill their frame.
    """
    angle = normal(random, 3.5) if chance(random, 0.8) else between(random, -17, 17)
    angle = np.radians(angle * (0.5 if calm else 1))
    zoom = 1.0 if calm else between(random, 0.85, 1.15)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]) * (
        zoom,
        zoom,
        1,
    )
    stretch = float(np.exp(normal(random, 0.06)))
    shear = np.array([[stretch, normal(random, 0.05 if calm else 0.09), 0], [0, 1 / stretch, 0], [0, 0, 1]])
    tilt = np.eye(3)
    if chance(random, 0.5):
        tilt[2, :2] = random.normal(0, 0.06 if calm else 0.14, 2)
    return np.asarray(tilt @ shear @ turn)


def centred(matrix: Matrix, inner: tuple[int, int], outer: tuple[int, int]) -> Matrix:
    """A pose that takes the middle of a canvas (width, height) `inner` to that of a view `outer`."""
    scaled = matrix.copy()
    scaled[2, :2] /= max(outer)  # the tilt is a share of the view
    return np.asarray(shift(outer[0] / 2, outer[1] / 2) @ scaled @ shift(-inner[0] / 2, -inner[1] / 2))


def needed(matrix: Matrix, side: int) -> int:
    """How wide a square canvas must be to fill a view of `side` pixels."""
    corners = np.array([(x, y) for x in (-side / 2, side / 2) for y in (-side / 2, side / 2)], np.float32)
    inverse = np.linalg.inv(shift(-side / 2, -side / 2) @ centred(matrix, (0, 0), (side, side)))
    return 2 * int(np.abs(moved(corners, inverse)).max()) + 4


def moved(points: NDArray[np.float32], matrix: NDArray[Any]) -> NDArray[np.float32]:
    """Points (K, 2) where a homography puts them."""
    homogeneous = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], np.float32)


def lit(random: Random, levels: Levels) -> Levels:
    """Light that falls off, vignetting, shadows with soft or hard edges, glare, bands of mains light."""
    shape = (levels.shape[0], levels.shape[1])
    plane, _ = slopes(random, shape)
    levels = levels * (
        1 - np.float32(between(random, 0, 0.3) if chance(random, 0.7) else between(random, 0.3, 0.6)) * (plane + 0.5)
    )
    k = random.random()
    if k < 0.12:  # a vignette
        rows, columns = np.linspace(-1, 1, shape[0], dtype=np.float32), np.linspace(-1, 1, shape[1], dtype=np.float32)
        off = between(random, -0.5, 0.5)
        levels *= (
            1
            - np.float32(between(random, 0.2, 0.7))
            * np.minimum((rows[:, None] - off) ** 2 + (columns + off) ** 2, 2)
            / 2
        )
    elif k < 0.3:  # a shadow
        other, _ = slopes(random, shape)
        edge = np.clip((other - between(random, -0.4, 0.4)) * between(random, 4, 80), 0, 1)
        levels *= 1 - np.float32(between(random, 0.1, 0.55)) * edge
    elif k < 0.36:  # glare
        y, x, radius = (
            between(random, 0, shape[0]),
            between(random, 0, shape[1]),
            between(random, 0.1, 0.4) * max(shape),
        )
        rows, columns = np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)
        levels += np.float32(between(random, 30, 160)) * np.exp(
            -((rows - y) ** 2 + (columns - x) ** 2) / np.float32(2 * radius**2)
        )
    elif k < 0.41:  # mains light
        rows = np.arange(shape[0], dtype=np.float32)[:, None]
        levels *= 1 + np.float32(between(random, 0.03, 0.25)) * np.sin(
            rows * np.float32(between(random, 0.01, 0.12)) + between(random, 0, 6)
        )
    return levels


def blurred(random: Random, levels: Levels, size: float) -> Levels:
    """Out of focus, moved, or resampled; the less, the smaller the digits."""
    most = min(max(0.045 * size, 0.55), 3.0)
    k = random.random()
    if k < 0.5:
        return cv2.GaussianBlur(levels, (0, 0), between(random, 0.3, most))
    if k < 0.58:
        length = max(2, round(most * between(random, 1, 2.5)))
        kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
        angle = between(random, 0, 3.14)
        reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        ends = np.round((np.stack([-reach, reach]) + length) * 16).astype(np.int32)
        cv2.polylines(kernel, [ends], False, 1.0, 1, cv2.LINE_AA, 4)
        return cv2.filter2D(levels, -1, kernel / max(float(kernel.sum()), 1e-3), borderType=cv2.BORDER_REPLICATE)
    if k < 0.68 and size > 16:
        shrink = between(random, max(12 / size, 0.3), 0.9)
        small = cv2.resize(
            levels, None, fx=shrink, fy=shrink, interpolation=pick(random, (cv2.INTER_AREA, cv2.INTER_LINEAR))
        )
        return cv2.resize(
            small,
            levels.shape[::-1],
            interpolation=pick(random, (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)),
        )
    if k < 0.76:  # sharpened, as phones do: halos
        soft = cv2.GaussianBlur(levels, (0, 0), between(random, 0.6, 2))
        return cv2.addWeighted(levels, 1 + (amount := between(random, 0.5, 2)), soft, -amount, 0)
    return levels


def recorded(random: Random, levels: Levels) -> Mask:
    """The sensor's noise and the file's format: uint8 levels."""
    shape = (levels.shape[0], levels.shape[1])
    mean = float(levels.mean())
    if mean < 85 and chance(random, 0.85):  # exposed for the page
        levels = levels * np.float32(between(random, 85, 170) / max(mean, 1))
    if chance(random, 0.04):  # a screen's pixels against the sensor's
        rows = np.arange(shape[0], dtype=np.float32)[:, None]
        columns = np.arange(shape[1], dtype=np.float32)
        wave = np.sin(rows * between(random, 0.1, 1.5) + columns * between(random, -0.5, 0.5) + between(random, 0, 6))
        levels = levels * (1 + np.float32(between(random, 0.02, 0.12)) * wave)
    if chance(random, 0.8):
        sigma = abs(normal(random, 2.5 if chance(random, 0.8) else 7)) + 0.3
        noise: Levels = random.standard_normal(shape, dtype=np.float32)
        if chance(random, 0.3):
            noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * 2
        levels = levels + np.float32(sigma) * noise
    image: Mask = np.clip(levels, 0, 255).astype(np.uint8)
    if chance(random, 0.25):
        gamma = between(random, 0.6, 1.6)
        image = cv2.LUT(image, (255 * (np.arange(256) / 255) ** gamma).astype(np.uint8))
    if chance(random, 0.04):  # scanned to black and white
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), between(random, 0.5, 1.2)), np.uint8)
        smooth = cv2.blur(image, (31, 31))
        binary = image > smooth.astype(np.int16) - whole_between(random, 6, 20)
        image = (
            np.where(binary, 255, 0).astype(np.uint8)
            if chance(random, 0.5)
            else np.where(binary, 255, image).astype(np.uint8)
        )
    if chance(random, 0.4):
        quality = whole_between(random, 20, 92)
        image = np.asarray(
            cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
        )
    if chance(random, 0.13):
        image = 255 - image
    return image
