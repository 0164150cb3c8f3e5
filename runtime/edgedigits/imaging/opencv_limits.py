"""Tells OpenCV how large a picture may declare itself to be. It reads the limit once, when it is first imported."""

import os

MAX_PIXELS = 100_000_000
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
