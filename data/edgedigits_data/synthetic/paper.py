"""Sheets, what is printed on them before anybody writes, and what they lie on. Colours are BGR, 0 to 255."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.words import write

Canvas = NDArray[Any]  # float32 (height, width, 3), changed in place
Random = np.random.Generator

PAPERS = {
    "white": (238, 240, 242),
    "warm": (215, 228, 236),
    "yellow": (140, 222, 245),
    "grey": (186, 190, 192),
    "news": (196, 208, 214),
    "board": (236, 236, 236),
    "black": (52, 58, 54),
}


def noise(random: Random, shape: tuple[int, int], grain: float, stretch: float = 1.0) -> NDArray[np.float32]:
    """Smooth noise, float32 `shape`, about -2..2, whose spots are `grain` pixels large and `stretch` times as wide."""
    rows = max(2, round(shape[0] / grain))
    columns = max(2, round(shape[1] / grain / stretch))
    coarse = random.standard_normal((min(rows, shape[0]), min(columns, shape[1])), np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def make_sheet(random: Random, shape: tuple[int, int], kind: str, unit: float) -> Canvas:
    """An empty sheet.

    Args:
        random: decides everything that is left open.
        shape: (height, width).
        kind: one of PAPERS.
        unit: a typical digit's height in pixels: paper's grain and ruling are measured by it.
    """
    color = np.array(PAPERS[kind], np.float32) * random.uniform(0.92, 1.04)
    level = random.uniform(0.2, 1.6) if kind == "board" else random.uniform(0.5, 3.5)
    texture = noise(random, shape, max(1.0, unit * 0.03)) * level
    texture += noise(random, shape, max(3.0, unit * random.uniform(0.2, 1.5))) * level * 0.7
    if kind not in ("board", "black") and random.random() < 0.25:
        texture += _bumps(random, shape, unit)
    if kind == "black":
        texture += noise(random, shape, unit * 2, 3.0) * 5
    sheet: Canvas = np.asarray(cv2.merge([texture + value for value in color]), np.float32)
    if kind not in ("board", "black"):
        if random.random() < 0.45:
            _rule(random, sheet, unit)
        if random.random() < 0.12:
            _crease(random, sheet)
    if kind == "news" or random.random() < 0.06:
        _bleed(random, sheet, unit)
    return sheet


def _bumps(random: Random, shape: tuple[int, int], unit: float) -> NDArray[np.float32]:
    """Paper seen closely: its bumps, lit from one side, are dark and light beside each other."""
    grain = max(1.5, unit * random.uniform(0.02, 0.12))
    relief = cv2.GaussianBlur(noise(random, shape, grain), (0, 0), grain * 0.4)
    angle = random.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * cv2.Sobel(relief, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    return np.asarray(slope * (random.uniform(1, 7) / max(float(slope.std()), 1e-3)), np.float32)


def make_desk(random: Random, shape: tuple[int, int]) -> Canvas:
    """What a sheet lies on: wood, tiles, cloth, stone, with things lying around."""
    base = np.array([random.uniform(20, 190)] * 3, np.float32)
    if random.random() < 0.5:  # wood is brown
        base *= np.array([0.6, 0.85, 1.1], np.float32)
    desk = np.empty((*shape, 3), np.float32)
    desk[:] = base * random.uniform(0.85, 1.15, 3).astype(np.float32)
    side = max(shape)
    kind = random.choice(["wood", "tiles", "cloth", "stone", "marble", "plain"])
    if kind == "wood":
        desk += (noise(random, shape, side / 60, random.uniform(6, 25)) * random.uniform(4, 18))[..., None]
        _boards(random, desk, side / random.uniform(3, 8))
    elif kind == "tiles":
        _boards(random, desk, side / random.uniform(2.5, 9))
        _boards(random, desk.transpose(1, 0, 2), side / random.uniform(2.5, 9))
        desk += (noise(random, shape, side / 25) * random.uniform(1, 6))[..., None]
    elif kind == "cloth":
        desk += (noise(random, shape, 1.2) * random.uniform(5, 22))[..., None]
    elif kind == "marble":
        veins = np.abs(noise(random, shape, side / random.uniform(6, 25), random.uniform(0.5, 4)))
        veins += 0.5 * np.abs(noise(random, shape, side / random.uniform(25, 70)))
        desk += (np.clip(0.35 - veins, 0, 1) * random.uniform(-160, 120))[..., None]
        _boards(random, desk, side / random.uniform(2, 6))
    elif kind == "stone":
        for grain in (2, 6, 18):
            desk += (noise(random, shape, grain) * random.uniform(3, 12))[..., None]
    for _ in range(int(random.choice([0, 0, 1, 2, 3, 5, 12]))):
        _thing(random, desk)
    return desk


def _rule(random: Random, sheet: Canvas, unit: float) -> None:
    """Squares or lines."""
    height, width = sheet.shape[:2]
    pitch = max(5.0, unit * random.uniform(0.45, 2.6))
    strength = random.uniform(0.06, 0.45)
    color = np.array(
        [(200, 150, 110), (150, 150, 150), (190, 170, 120), (150, 140, 210)][random.integers(4)], np.float32
    )
    mask = np.zeros((height, width), np.uint8)
    thick = max(1, round(pitch * random.uniform(0.01, 0.05)))
    for y in np.arange(random.uniform(0, pitch), height, pitch):
        mask[round(y) : round(y) + thick] = 255
    if random.random() < 0.65:
        for x in np.arange(random.uniform(0, pitch), width, pitch):
            mask[:, round(x) : round(x) + thick] = 255
    blend(sheet, mask.astype(np.float32) * (strength / 255), color)


def _crease(random: Random, sheet: Canvas) -> None:
    height, width = sheet.shape[:2]
    x = np.arange(width, dtype=np.float32) - random.uniform(0, width)
    profile = np.exp(-np.abs(x) / (width * 0.02)) * np.sign(x) * random.uniform(4, 16)
    sheet += profile[None, :, None] if random.random() < 0.5 else cv2.resize(profile, (height, 1)).reshape(-1, 1, 1)


def _bleed(random: Random, sheet: Canvas, unit: float) -> None:
    """Print from the other side shines through, mirrored."""
    height, width = sheet.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    size = max(6.0, unit * random.uniform(0.25, 0.8))
    for y in np.arange(size, height, size * 1.6):
        if random.random() < 0.75:
            write(random, mask, (random.uniform(0, width * 0.4), y), size, int(random.integers(4, 40)))
    shown = cv2.GaussianBlur(mask[:, ::-1], (0, 0), max(0.6, size * 0.06))
    blend(sheet, shown.astype(np.float32) * (random.uniform(0.03, 0.16) / 255), np.array([90, 90, 90], np.float32))


def _boards(random: Random, desk: Canvas, pitch: float) -> None:
    """Joints between boards or tiles, each of its own brightness."""
    y = random.uniform(-pitch, 0)
    gap = max(1, round(pitch * random.uniform(0.005, 0.03)))
    depth = random.uniform(-40, 25)
    while y < len(desk):
        start, stop = max(0, round(y)), max(0, round(y + pitch))
        desk[start:stop] += random.normal(0, 5)
        desk[stop : stop + gap] += depth
        y += pitch


def _thing(random: Random, desk: Canvas) -> None:
    """A book, a cup, a cable, a hand: flat shapes of another colour with an edge."""
    height, width = desk.shape[:2]
    color = random.uniform(10, 245, 3)
    if random.random() < 0.35:
        color = np.array([random.uniform(90, 160), random.uniform(120, 185), random.uniform(170, 235)])  # skin
    x, y = random.uniform(0, width), random.uniform(0, height)
    size = np.exp(random.uniform(np.log(0.03), np.log(0.5))) * max(width, height)
    kind = random.integers(4)
    if kind == 0:
        corners = cv2.boxPoints(((x, y), (size, size * random.uniform(0.2, 1.3)), random.uniform(0, 180)))
        cv2.fillConvexPoly(desk, corners.astype(np.int32), color.tolist(), cv2.LINE_AA)
    elif kind == 1:
        axes = (max(1, round(size / 2)), max(1, round(size * random.uniform(0.15, 0.5))))
        cv2.ellipse(desk, (round(x), round(y)), axes, random.uniform(0, 180), 0, 360, color.tolist(), -1, cv2.LINE_AA)
    elif kind == 2:
        points = np.cumsum(random.normal(0, size / 3, (5, 2)), axis=0) + np.array([x, y])
        cv2.polylines(desk, [points.astype(np.int32)], False, color.tolist(), max(1, round(size * 0.05)), cv2.LINE_AA)
    else:  # fingers
        for i in range(int(random.integers(1, 5))):
            at = (round(x + i * size * 0.16), round(y + random.normal(0, 0.05) * size))
            axes = (max(1, round(size * 0.07)), max(1, round(size * 0.4)))
            cv2.ellipse(desk, at, axes, random.normal(0, 12), 0, 360, color.tolist(), -1, cv2.LINE_AA)


def blend(canvas: Canvas, cover: NDArray[Any], color: NDArray[Any]) -> None:
    """Lay a colour over a canvas where `cover`, float32 (height, width) in 0..1, says so."""
    x, y, width, height = cv2.boundingRect((cover > 0).astype(np.uint8))
    area = (slice(y, y + height), slice(x, x + width))
    part = np.ascontiguousarray(canvas[area])
    if part.size:
        change = np.asarray(color, np.float32) - part
        cv2.multiply(change, cv2.merge([np.ascontiguousarray(cover[area])] * 3), dst=change)
        canvas[area] = cv2.add(part, change, dst=part)
