"""From a flat sheet to a photo: where the camera stands, the light, and what the sensor makes of it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.paper import Canvas, noise

Random = np.random.Generator
Size = tuple[int, int]  # (width, height)
LIGHT_SIDE = 96  # light is smooth: it is painted on a small map and enlarged


def close_up(random: Random, sheet: Size, size: Size, turn: float) -> NDArray[np.float64]:
    """The homography of a picture that shows nothing but the sheet: its middle, a little tilted.

    Args:
        random: decides how much.
        sheet: the sheet's size, larger than the picture's on every side.
        size: the picture's.
        turn: radians by which the sheet is rotated, clockwise.
    """
    tilt = random.normal(0, 0.03, (4, 2)) if random.random() < 0.5 else np.zeros((4, 2))
    corners = _corners(size) - np.array(size) / 2
    return _homography(corners + np.array(sheet) / 2, _rotated(corners, turn) * (1 + tilt) + np.array(size) / 2)


def on_desk(random: Random, sheet: Size, size: Size, turn: float) -> NDArray[np.float64]:
    """The homography of a picture that shows the whole sheet on something else, in perspective."""
    corners = _corners(sheet) - np.array(sheet) / 2
    placed = _rotated(corners, turn) * (1 + random.normal(0, 0.05, (4, 2)))
    keystone = random.normal(0, 0.12)
    placed[:, 0] *= 1 + keystone * placed[:, 1] / max(sheet)
    reach = np.abs(placed).max(axis=0)
    fit = float((np.array(size) / 2 / reach).min()) * random.uniform(0.72, 1.06)
    room = np.maximum(np.array(size) / 2 - reach * fit, 0)
    return _homography(_corners(sheet), placed * fit + np.array(size) / 2 + random.uniform(-1, 1, 2) * room)


def light_map(random: Random, size: Size, hard: float) -> NDArray[np.float32]:
    """How bright each place is, float32 (height, width), about 0.1 to 1.1.

    Args:
        random: decides the rest.
        size: the picture's.
        hard: how harsh the light is, 0 to 1.
    """
    y, x = np.mgrid[-1 : 1 : LIGHT_SIDE * 1j, -1 : 1 : LIGHT_SIDE * 1j].astype(np.float32)
    light = np.ones((LIGHT_SIDE, LIGHT_SIDE), np.float32)
    angle = random.uniform(0, 2 * np.pi)
    light += random.uniform(0, 0.4) * hard * (x * np.cos(angle) + y * np.sin(angle))
    if random.random() < 0.4:
        light *= 1 - random.uniform(0.1, 0.75) * hard * np.clip((x**2 + y**2) / 2, 0, 1)
    if random.random() < 0.4:
        light += noise(random, (LIGHT_SIDE, LIGHT_SIDE), LIGHT_SIDE / 3) * 0.08 * hard
    large = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_LINEAR), np.float32)
    for _ in range(int(random.choice([0, 0, 1, 1, 2]))):
        large *= _shadow(random, size, hard)
    return np.clip(large, 0.08, 1.3)


def expose(random: Random, scene: Canvas, light: NDArray[np.float32], blur: float) -> NDArray[np.uint8]:
    """Take the picture: light, glare, blur, exposure, sensor noise, JPEG. Returns uint8 BGR (height, width, 3)."""
    height, width = scene.shape[:2]
    scene = np.asarray(cv2.multiply(scene, cv2.merge([light] * 3)))
    if random.random() < 0.08:
        scene = scene + _glare(random, (width, height))
    if blur > 0.3:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), blur))
    if random.random() < 0.12:
        scene = np.asarray(cv2.filter2D(scene, -1, _motion(random, max(2.0, blur * 4))))
    exposure = random.uniform(0.75, 1.08) if random.random() < 0.7 else random.uniform(0.2, 0.75)
    white = exposure * random.normal(1, 0.04, 3)
    scene *= white.astype(np.float32)
    if random.random() < 0.3:
        gamma = random.uniform(0.75, 1.35)
        scene = 255 * np.power(np.clip(scene, 0, 255) / 255, gamma)
    level = abs(random.normal(0, 3.0)) / np.sqrt(exposure)
    # One field of noise for all three channels and one of colour, as a camera's own smoothing leaves it.
    grain = noise(random, (height, width), random.choice([1.0, 1.0, 1.6])) * np.float32(level)
    scene = np.asarray(cv2.add(scene, cv2.merge([grain] * 3)))
    picture: NDArray[Any] = np.asarray(cv2.convertScaleAbs(np.maximum(scene, 0, out=scene)))
    if random.random() < 0.2:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        picture = np.asarray(cv2.addWeighted(picture, 1.6, soft, -0.6, 0))  # phones sharpen
    if random.random() < 0.85:
        quality = int(random.integers(35, 97))
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return np.asarray(picture, np.uint8)


def _shadow(random: Random, size: Size, hard: float) -> NDArray[np.float32]:
    """A shadow of a hand, an arm or a window's edge."""
    small = (max(2, size[0] // 2), max(2, size[1] // 2))
    mask = np.zeros(small[::-1], np.float32)
    middle = random.uniform(-0.2, 1.2, 2) * small
    points = middle + random.normal(0, 0.45, (int(random.integers(3, 7)), 2)) * max(small)
    hull = cv2.convexHull(points.astype(np.int32)) if random.random() < 0.6 else points.astype(np.int32)
    cv2.fillPoly(mask, [hull], 1.0)
    soft = max(small) * (random.uniform(0.002, 0.012) if random.random() < 0.3 * hard else random.uniform(0.02, 0.15))
    factor = max(1, round(soft / 3))
    mask = cv2.resize(mask, (max(2, small[0] // factor), max(2, small[1] // factor)), interpolation=cv2.INTER_AREA)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, soft / factor))
    return 1 - random.uniform(0.1, 0.65) * np.asarray(
        cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR), np.float32
    )


def _glare(random: Random, size: Size) -> NDArray[np.float32]:
    spot = np.zeros((LIGHT_SIDE, LIGHT_SIDE), np.float32)
    center = tuple(int(v) for v in random.integers(0, LIGHT_SIDE, 2))
    cv2.ellipse(spot, center, tuple(int(v) for v in random.integers(4, 22, 2)), random.uniform(0, 180), 0, 360, 1.0, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), random.uniform(2, 10)) * random.uniform(30, 160)
    return np.asarray(cv2.resize(spot, size, interpolation=cv2.INTER_LINEAR), np.float32)[..., None]


def _motion(random: Random, reach: float) -> NDArray[np.float32]:
    side = 2 * int(np.ceil(reach / 2)) + 1
    angle = random.uniform(0, np.pi)
    kernel = np.zeros((side, side), np.float32)
    arm = np.array([np.cos(angle), np.sin(angle)]) * reach / 2
    middle = side // 2
    start, stop = ((middle - arm) * 16).round().astype(int), ((middle + arm) * 16).round().astype(int)
    cv2.line(kernel, tuple(start.tolist()), tuple(stop.tolist()), 1.0, 1, cv2.LINE_AA, 4)
    return kernel / max(float(kernel.sum()), 1e-3)


def _corners(size: Size) -> NDArray[np.float64]:
    return np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float64)


def _rotated(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    return np.asarray(points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]), np.float64)


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return np.asarray(matrix, np.float64)
