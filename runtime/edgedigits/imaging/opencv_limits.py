"""Tells OpenCV how large a picture may declare itself to be. It reads the limit once, when it is first imported."""

import os
import sys

MAX_PIXELS = 100_000_000
# Whatever stands there: OpenCV ends the process where it is no number, and ours is the limit that is documented.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_PIXELS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran short, in Python or in OpenCV (whose error has no class of its own)."""
    cv2 = sys.modules.get("cv2")  # what is not imported raises nothing
    return isinstance(error, MemoryError) or bool(
        cv2 and isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    )
