"""What a picture file declares before it is decoded: its format, size, transparency, and what decoding it takes.

Each format has a parser of its own for the few bytes that matter. A decoder is only started on what these allow, so
that time and memory are bounded by numbers that stand here and not by whoever made the file.
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edgedigits.errors import PictureError
from edgedigits.imaging.opencv_limits import MAX_PIXELS

# 100 megapixels of BGR, and the copy that OpenCV makes of them for numpy.
MAX_DECODING_BYTES = 6 * MAX_PIXELS
# Each scan of a progressive JPEG passes over the whole picture; cameras and programs write about ten.
MAX_SCANS = 100
MAX_SCANNED_PIXELS = 1_500_000_000
# Parts of a file that are walked through one by one here: a segment, chunk or directory entry.
MAX_PARTS = 100_000


class PictureHeader(NamedTuple):
    """What a picture file declares.

    Attributes:
        format: "JPEG", "PNG", "WebP", "BMP", "TIFF", "GIF" or "PNM".
        width, height: in pixels, as stored, before EXIF turns it.
        bytes_per_pixel: the most memory that decoding takes for each pixel, all buffers together. Measured with
            OpenCV 5.0; tests/runtime/imaging/test_decoding_memory.py holds it.
        transparent: whether pixels may be transparent.
        orientation: EXIF's 1 to 8, given for transparent PNG and WebP only: OpenCV turns all others.
        transparent_level: the grey level, 0 to 65535 or 0 to 255, that means transparent in a grey PNG without alpha.
    """

    format: str
    width: int
    height: int
    bytes_per_pixel: int
    transparent: bool = False
    orientation: int = 1
    transparent_level: int | None = None

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    @property
    def decoding_bytes(self) -> int:
        """The most memory that decoding takes, without the file's own bytes."""
        return self.pixels * self.bytes_per_pixel


class _DamagedError(Exception):
    """A header that no decoder should see; the message says why."""


TO_JPEG = "convert it to JPEG first, as with: magick picture picture.jpg"
# What people try and is not decoded, by how the file begins: (offset, bytes, what it is, what to do).
FOREIGN = [
    (4, b"ftypavif", "AVIF", "convert it to PNG first, as with: avifdec picture.avif picture.png"),
    (4, b"ftypavis", "AVIF", "convert it to PNG first, as with: avifdec picture.avif picture.png"),
    (4, b"ftyphei", "HEIC", "convert it to JPEG first, as with: heif-convert picture.heic picture.jpg"),
    (4, b"ftyphev", "HEIC", "convert it to JPEG first, as with: heif-convert picture.heic picture.jpg"),
    (4, b"ftypm", "HEIF", "convert it to JPEG first, as with: heif-convert picture.heic picture.jpg"),
    (4, b"ftyp", "a video", "take a frame of it first, as with: ffmpeg -i video -frames:v 1 picture.png"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000", TO_JPEG),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000", TO_JPEG),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL", "convert it to PNG first, as with: djxl picture.jxl picture.png"),
    (0, b"\xff\x0a", "JPEG XL", "convert it to PNG first, as with: djxl picture.jxl picture.png"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR", TO_JPEG),
    (0, b"#?R", "Radiance HDR", TO_JPEG),
    (0, b"\x59\xa6\x6a\x95", "a Sun raster", TO_JPEG),
    (0, b"8BPS", "a Photoshop file", TO_JPEG),
    (0, b"%PDF", "PDF", "make a picture of each page first, as with: pdftoppm -png -r 150 document.pdf page"),
    (0, b"<svg", "SVG", "make a PNG of it first, as with: rsvg-convert drawing.svg -o drawing.png"),
    (0, b"<?xml", "SVG", "make a PNG of it first, as with: rsvg-convert drawing.svg -o drawing.png"),
]
ACCEPTED = "JPEG, PNG, WebP, BMP, TIFF, GIF or PNM"


def read_header(content: bytes, name: str) -> PictureHeader:
    """What a picture file declares, if it may be decoded.

    Args:
        content: the whole file.
        name: what messages call it.

    Raises:
        PictureError: if it is of no accepted format, damaged, or would take too much memory or time.
    """
    if not content:
        raise PictureError(f"{name} is empty; hand in a picture")
    for offset, magic, kind, remedy in FOREIGN:
        if content.startswith(magic, offset):
            raise PictureError(f"{name} is {kind}, which is not read; {remedy}")
    parse = next((parser for signature, parser in _PARSERS if re.match(signature, content, re.DOTALL)), None)
    if parse is None:
        raise PictureError(f"{name} is not a picture that is read; convert it to JPEG or PNG (read are {ACCEPTED})")
    try:
        header = parse(content)
        if header.width < 1 or header.height < 1:
            raise _DamagedError("it declares no pixels")
    except _DamagedError as error:
        raise PictureError(f"{name} is damaged: {error}; hand in another copy") from error
    except (struct.error, IndexError) as error:
        raise PictureError(f"{name} is damaged: it ends within its header; hand in another copy") from error
    most = min(MAX_PIXELS, MAX_DECODING_BYTES // header.bytes_per_pixel)
    if header.pixels > most:
        declared = f"{header.width}x{header.height} pixels"
        raise PictureError(
            f"{name} declares {declared}, more than the {most // 1_000_000} megapixels "
            f"that are read of such a {header.format}; shrink it first"
        )
    return header


def _jpeg(content: bytes) -> PictureHeader:
    """Walks the segments up to the first scan; counts the scans only as far as they can matter."""
    for marker, start in _segments(content):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width, components = struct.unpack_from(">HHB", content, start + 3)
            factors = [content[start + 9 + 3 * i] for i in range(min(components, 4))]
            break
    else:
        raise _DamagedError("it has no frame")
    across = max((factor >> 4 for factor in factors), default=1) or 1
    down = max((factor & 15 for factor in factors), default=1) or 1
    share = sum((factor >> 4) * (factor & 15) for factor in factors) / (across * down)
    scans = content.count(b"\xff\xda")  # at least as many as there are: such bytes may stand in a thumbnail, too
    if scans > 1:
        scans = _scans(content)
    if scans > MAX_SCANS or scans * width * height > max(MAX_SCANNED_PIXELS, 10 * MAX_PIXELS):
        raise _DamagedError(f"its {scans} scans of {width}x{height} pixels are more than any camera writes")
    # With several scans the decoder holds all coefficients, 2 bytes each, beside the picture.
    return PictureHeader("JPEG", width, height, max(6, 3 + round(2 * share + 0.5)) if scans > 1 else 6)


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG with where its length stands, up to the end of the picture."""
    # Fill bytes, stuffed zeros and restart markers are passed over by the search, as the decoder does.
    find, at = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]", re.DOTALL).search, 2
    for _ in range(MAX_PARTS):
        found = find(content, at)
        if found is None or content[found.end() - 1] == 0xD9:
            return
        yield content[found.end() - 1], found.end()
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    raise _DamagedError("it has too many segments")


def _scans(content: bytes) -> int:
    return sum(marker == 0xDA for marker, _ in _segments(content))


def _png(content: bytes) -> PictureHeader:
    """Walks all chunks: OpenCV first takes the memory, up to 4 GB, that one declares."""
    width, height, depth, colour = struct.unpack_from(">IIBB", content, 16)
    transparent, animated, orientation, level = colour in (4, 6), False, 1, None
    at, kind = 8, b""
    for _ in range(MAX_PARTS):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind == b"tRNS" and colour == 0:
            level = int.from_bytes(content[at + 8 : at + 10], "big") * (255 // (2**depth - 1) if depth < 16 else 1)
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"acTL":
            animated = True
        elif kind == b"eXIf":
            orientation = _orientation(content[at + 8 : at + 8 + length])
        at += length + 12  # with its length, name and checksum
        if kind == b"IEND" or at >= len(content):
            break
    if kind != b"IEND" or at > len(content):
        raise _DamagedError("it ends before its picture does")
    taken = 16 if animated or (transparent and depth == 16) else 8 if transparent else 6
    return PictureHeader("PNG", width, height, taken, transparent, orientation, level)


def _webp(content: bytes) -> PictureHeader:
    kind = content[12:16]
    if kind == b"VP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", content, 26))
        return PictureHeader("WebP", width, height, 8)
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return PictureHeader("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 8, bool(bits >> 28 & 1))
    if kind != b"VP8X":
        raise _DamagedError("it has no picture")
    flags = content[20]
    width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    orientation, at = 1, 12
    for _ in range(MAX_PARTS if flags & 0x08 else 0):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        if content[at : at + 4] == b"EXIF":
            orientation = _orientation(content[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
        if at >= len(content):
            break
    return PictureHeader("WebP", width, height, 12 if flags & 0x02 else 8, bool(flags & 0x10), orientation)


def _gif(content: bytes) -> PictureHeader:
    width, height = struct.unpack_from("<HH", content, 6)
    return PictureHeader("GIF", width, height, 10, transparent=True)


def _bmp(content: bytes) -> PictureHeader:
    (size,) = struct.unpack_from("<I", content, 14)
    if size == 12:
        width, height = struct.unpack_from("<HH", content, 18)
    else:
        width, height = struct.unpack_from("<ii", content, 18)
    return PictureHeader("BMP", abs(width), abs(height), 6)


def _pnm(content: bytes) -> PictureHeader:
    # Four numbers at most, with white space and comments between them.
    blank = rb"(?:\s|#[^\n]*\n)+"
    found = re.match(rb"P[1-6]" + blank + rb"(\d{1,9})" + blank + rb"(\d{1,9})" + blank, content[:10_000])
    if not found:
        raise _DamagedError("it declares no size")
    return PictureHeader("PNM", int(found[1]), int(found[2]), 6)


def _tiff(content: bytes) -> PictureHeader:
    tags = _directory(content)
    width, height, depth, samples = (tags.get(tag, 1) for tag in (256, 257, 258, 277))
    tile = tags.get(322, width) * tags.get(323, min(tags.get(278, height), height))
    if tile > max(2 * width * height, 1 << 22) or samples > 8 or depth > 64:
        raise _DamagedError("its tiles or samples are larger than it is")
    return PictureHeader("TIFF", width, height, 16 if 338 in tags and depth > 8 else 8, transparent=338 in tags)


def _orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1 where it has none or is damaged."""
    try:
        found = _directory(exif).get(274, 1)
    except (_DamagedError, struct.error, IndexError):
        return 1
    return found if 1 <= found <= 8 else 1


def _directory(content: bytes) -> dict[int, int]:
    """The first value of each whole-number tag in the first directory of a TIFF."""
    order = "<" if content[:2] == b"II" else ">"
    if content[:2] not in (b"II", b"MM") or struct.unpack_from(order + "H", content, 2) != (42,):
        raise _DamagedError("it is of a kind that is not read, as BigTIFF")
    (at,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, at)
    found = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", content, entry)
        form = {1: "B", 3: "H", 4: "I"}.get(kind)
        if form is None or not values:
            continue
        inside = values * struct.calcsize(form) <= 4
        place = entry + 8 if inside else struct.unpack_from(order + "I", content, entry + 8)[0]
        (found[tag],) = struct.unpack_from(order + form, content, place)
    return found


_PARSERS: list[tuple[bytes, Callable[[bytes], PictureHeader]]] = [
    (rb"\xff\xd8\xff", _jpeg),
    (rb"\x89PNG\r\n\x1a\n", _png),
    (rb"RIFF....WEBP", _webp),
    (rb"GIF8[79]a", _gif),
    (rb"BM", _bmp),
    (rb"P[1-6]\s", _pnm),
    (rb"II\*\0|MM\0\*", _tiff),
]
