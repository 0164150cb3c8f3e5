"""What decoding takes is measured for each kind of file, and is no more than its header announces."""

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from edgedigits.imaging.picture_headers import MAX_DECODING_BYTES, read_header

SIDE = 2000
# Of the decoders themselves: tables, rows, libraries that load on first use; and what they only reserve.
RESIDENT, RESERVED = 3_000_000, 32_000_000
PLAIN = np.full((SIDE, SIDE, 4), 90, np.uint8)
TURNED = PIL.Image.Exif()
TURNED[0x0112] = 6


def pillow(mode: str, form: str, frames: int = 1, **options: object) -> Callable[[], bytes]:
    def encode() -> bytes:
        images = [PIL.Image.fromarray(PLAIN + 20 * i).convert(mode) for i in range(frames)]
        file = io.BytesIO()
        animation = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
        images[0].save(file, form, **animation, **options)
        return file.getvalue()

    return encode


def sixteen(ending: str, channels: int) -> Callable[[], bytes]:
    levels = (PLAIN[..., :channels] * np.uint16(257)).squeeze()
    return lambda: cv2.imencode(ending, levels)[1].tobytes()


STRIP = {278: SIDE}
KINDS = {
    "jpeg": pillow("RGB", "JPEG"),
    "jpeg, turned": pillow("RGB", "JPEG", exif=TURNED),
    "jpeg, progressive": pillow("RGB", "JPEG", progressive=True),
    "jpeg, progressive, without subsampling, turned": pillow(
        "RGB", "JPEG", progressive=True, subsampling=0, exif=TURNED
    ),
    "jpeg, progressive, four colours": pillow("CMYK", "JPEG", progressive=True),
    "png": pillow("RGB", "PNG"),
    "png, turned": pillow("RGB", "PNG", exif=TURNED),
    "png, alpha": pillow("RGBA", "PNG"),
    "png, alpha, turned": pillow("RGBA", "PNG", exif=TURNED),
    "png, 1 bit": pillow("1", "PNG"),
    "png, palette with transparency": pillow("P", "PNG", transparency=0),
    "png, grey level with transparency": pillow("L", "PNG", transparency=0),
    "png, 16 bits": sixteen(".png", 3),
    "png, 16 bits, alpha": sixteen(".png", 4),
    "png, animated": pillow("RGBA", "PNG", frames=3),
    "png, animated, opaque": pillow("RGB", "PNG", frames=3),
    "webp": pillow("RGB", "WEBP", method=0),
    "webp, turned": pillow("RGB", "WEBP", method=0, exif=TURNED),
    "webp, alpha, turned": pillow("RGBA", "WEBP", method=0, exif=TURNED),
    "webp, lossless": pillow("RGB", "WEBP", lossless=True, method=0),
    "webp, lossless, alpha": pillow("RGBA", "WEBP", lossless=True, method=0, exact=True),
    "webp, animated": pillow("RGBA", "WEBP", frames=3, method=0),
    "webp, animated, opaque": pillow("RGB", "WEBP", frames=3, method=0),
    "tiff, one strip": pillow("RGB", "TIFF", compression="tiff_lzw", tiffinfo=STRIP),
    "tiff, turned": pillow("RGB", "TIFF", compression="tiff_lzw", exif=TURNED),
    "tiff, alpha, one strip": pillow("RGBA", "TIFF", compression="tiff_lzw", tiffinfo=STRIP),
    "tiff, fax": pillow("1", "TIFF", compression="group4", tiffinfo=STRIP),
    "tiff, four colours": pillow("CMYK", "TIFF", compression="tiff_lzw", tiffinfo=STRIP),
    "tiff, 16 bits": sixteen(".tiff", 3),
    "tiff, 16 bits, alpha": sixteen(".tiff", 4),
    "gif": pillow("P", "GIF"),
    "gif, transparent": pillow("P", "GIF", transparency=0),
    "gif, animated": pillow("P", "GIF", frames=5),
    "bmp": pillow("RGB", "BMP"),
    "bmp, alpha": pillow("RGBA", "BMP"),
    "bmp, 1 bit": pillow("1", "BMP"),
    "pgm": pillow("L", "PPM"),
    "pbm": pillow("1", "PPM"),
    "ppm, 16 bits": sixteen(".ppm", 3),
}


# A process of its own: what a test has freed before would be taken again, and count as nothing.
PROBE = """
import re, resource, sys
from pathlib import Path
import cv2
from edgedigits.imaging.decoding import decode_picture

def status(field):
    return int(re.search(field + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

cv2.setNumThreads(0)
content = Path(sys.argv[1]).read_bytes()
before = status("VmHWM")
most = status("VmSize") + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    decode_picture(content, "picture")
    trouble = ""
except BaseException as error:
    trouble = f"{type(error).__name__}: {error}"
print(status("VmHWM") - before, trouble)
"""


def peak(content: bytes, allowed: int, folder: Path) -> tuple[int, str]:
    """The most memory that a process, allowed so many bytes more, had resident for decoding; what went wrong."""
    file = folder / "picture"
    file.write_bytes(content)
    command = [sys.executable, "-c", PROBE, str(file), str(allowed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    taken, _, trouble = done.stdout.strip().partition(" ")
    return int(taken), trouble


pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")]


@pytest.mark.parametrize("kind", KINDS)
def test_decoding_takes_no_more_than_the_header_announces(kind, tmp_path):
    content = KINDS[kind]()
    header = read_header(content, kind)
    assert header.pixels == SIDE * SIDE
    assert header.decoding_bytes <= MAX_DECODING_BYTES
    taken, trouble = peak(content, header.decoding_bytes + RESERVED, tmp_path)
    assert not trouble
    assert taken <= header.decoding_bytes + RESIDENT
    # A bound that is far above what is taken would refuse pictures for nothing.
    assert taken >= header.decoding_bytes * 0.55


def test_too_little_memory_is_told(tmp_path):
    content = KINDS["png"]()
    _, trouble = peak(content, SIDE * SIDE, tmp_path)
    assert re.fullmatch(
        r"PictureError: picture does not fit into memory: decoding takes \d+ MB; shrink it first", trouble
    )
