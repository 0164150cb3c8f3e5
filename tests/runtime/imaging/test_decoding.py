"""Pictures decoded: every accepted format, transparency on white paper, EXIF, and what is refused before decoding."""

import contextlib
import io
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from edgedigits import PictureError
from edgedigits.imaging import decoding, picture_headers
from edgedigits.imaging.decoding import decode_picture
from edgedigits.imaging.picture_headers import read_header


def encode(image: PIL.Image.Image, form: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def drawing(mode: str = "RGBA") -> PIL.Image.Image:
    """What a drawing program saves: black strokes, half of them at half strength, on nothing (which is black)."""
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[5:15, 5:10, 3] = 255
    pixels[5:15, 15:20, 3] = 128
    return PIL.Image.fromarray(pixels).convert(mode)


def png(header: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def grey_png(levels: np.ndarray, depth: int, transparent: int) -> bytes:
    """A grey PNG of 8 or 16 bits, or of 1 bit from levels 0 and 1, with one level that means transparent."""
    data = np.packbits(levels, axis=1) if depth == 1 else levels.astype(">u2" if depth == 16 else "u1")
    rows = b"".join(b"\0" + row.tobytes() for row in data)
    header = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], depth, 0, 0, 0, 0)
    return png(header, (b"tRNS", struct.pack(">H", transparent)), (b"IDAT", zlib.compress(rows)))


@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [("PNG", "RGBA", {}), ("PNG", "LA", {}), ("TIFF", "RGBA", {}), ("WEBP", "RGBA", {"lossless": True})],
)
def test_transparent_parts_are_white_paper(form, mode, options):
    picture = decode_picture(encode(drawing(mode), form, **options), "drawing")
    assert picture.dtype == np.uint8
    assert picture[0, 0].tolist() == [255] * 3
    assert picture[10, 7].tolist() == [0] * 3
    assert picture[10, 17].tolist() == [127] * 3


def test_transparent_colours_of_a_palette_are_white_paper():
    levels = np.zeros((20, 30), np.uint8)
    levels[5:15, 5:10] = 1
    image = PIL.Image.fromarray(levels, "P")
    image.putpalette([0, 0, 0, 10, 20, 30])
    for form in ("PNG", "GIF"):
        picture = decode_picture(encode(image, form, transparency=0), "drawing")
        assert (picture[0, 0].tolist(), picture[10, 7].tolist()) == ([255] * 3, [30, 20, 10])


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_the_transparent_level_of_a_grey_png_is_white_paper(depth):
    levels = np.zeros((20, 32), np.uint16)
    levels[5:15, 5:10] = ink = {1: 1, 8: 60, 16: 60 * 257}[depth]
    picture = decode_picture(grey_png(levels, depth, transparent=0), "drawing")
    assert (picture[0, 0].tolist(), picture[10, 7].tolist()) == ([255] * 3, [255 if depth == 1 else 60] * 3)
    picture = decode_picture(grey_png(levels, depth, transparent=ink), "drawing")
    assert (picture[0, 0].tolist(), picture[10, 7].tolist()) == ([0] * 3, [255] * 3)


def test_sixteen_bits_are_read_as_eight():
    levels = (np.arange(20 * 30).reshape(20, 30) * 100).astype(np.uint16)
    expected = (levels >> 8).astype(np.uint8)
    for form in ("PNG", "TIFF"):
        picture = decode_picture(encode(PIL.Image.fromarray(levels), form), "scan")
        assert np.abs(picture[..., 0].astype(int) - expected).max() <= 1
    colours = np.dstack([levels, levels, levels, np.where(levels > 20_000, 65_535, 0).astype(np.uint16)])
    picture = decode_picture(cv2.imencode(".png", colours)[1].tobytes(), "scan")
    assert picture[0, 0].tolist() == [255] * 3
    assert picture[-1, -1].tolist() == [expected[-1, -1]] * 3


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_every_accepted_format_and_mode_is_decoded(form, mode):
    pixels = np.full((40, 60, 3), 230, np.uint8)
    pixels[10:30, 10:20] = 0
    image = PIL.Image.fromarray(pixels).convert(mode)
    if (form, mode) in [("JPEG", "P"), ("WEBP", "1"), ("PPM", "P"), ("WEBP", "P"), ("JPEG", "1")]:
        image = image.convert("L")
    picture = decode_picture(encode(image, form), "picture")
    assert picture.shape == (40, 60, 3)
    assert picture[20, 15].max() < 60
    assert picture[20, 40].min() > 200


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), *((form, mode) for form in ("PNG", "WEBP", "TIFF") for mode in ("RGB", "RGBA"))]
)
def test_exif_turns_every_format_with_and_without_transparency(form, mode, orientation):
    upright = np.full((48, 80, 4), 255, np.uint8)
    upright[:16, :16] = upright[8:16, 8:40] = [0, 0, 0, 255]
    stored = np.ascontiguousarray(decoding._as_stored(upright[..., :3], orientation))
    image = PIL.Image.fromarray(stored).convert(mode)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {"quality": 95} if form == "JPEG" else {}
    picture = decode_picture(encode(image, form, exif=exif, **options), "picture")
    assert picture.shape == (48, 80, 3)
    assert np.abs(picture.astype(int) - upright[..., :3]).max() < 60


def test_the_turns_are_those_of_exif():
    """Against Pillow's, an implementation of its own."""
    upright = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for orientation in range(1, 9):
        image = PIL.Image.fromarray(np.ascontiguousarray(decoding._as_stored(upright, orientation)))
        image.getexif()[0x0112] = orientation
        assert np.array_equal(np.asarray(PIL.ImageOps.exif_transpose(image)), upright), orientation


FOREIGN = {
    "AVIF": b"\0\0\0\x1cftypavif" + bytes(40),
    "HEIC": b"\0\0\0\x18ftypheic" + bytes(40),
    "HEIF": b"\0\0\0\x18ftypmif1" + bytes(40),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40),
    "OpenEXR": b"\x76\x2f\x31\x01" + bytes(40),
    "Radiance HDR": b"#?RADIANCE\n" + bytes(40),
    "PDF": b"%PDF-1.7",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_formats_without_bounds_are_refused_with_a_remedy(kind, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)  # no decoder is started
    with pytest.raises(PictureError, match=f"is {kind}, which is not read; (convert|make)"):
        decode_picture(FOREIGN[kind], "picture")


@pytest.mark.parametrize("ending", [".avif", ".jp2", ".hdr", ".sr"])
def test_formats_that_opencv_would_decode_are_refused(ending):
    written, content = cv2.imencode(ending, np.full((40, 60, 3), 200, np.uint8))
    assert written
    with pytest.raises(PictureError, match="is not read; convert"):
        decode_picture(content.tobytes(), "picture")


def scans(count: int, side: int = 400) -> bytes:
    """A progressive JPEG with its last scan many times over."""
    plain = encode(PIL.Image.new("RGB", (side, side), (90, 90, 90)), "JPEG", progressive=True)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + last * (count - plain.count(b"\xff\xda")) + b"\xff\xd9"


def test_scans_of_a_jpeg_are_counted(monkeypatch):
    assert decode_picture(scans(100), "photo").shape == (400, 400, 3)
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(PictureError, match="101 scans"):
        decode_picture(scans(101), "photo")
    monkeypatch.setattr(picture_headers, "MAX_SCANNED_PIXELS", 100 * 400 * 400 - 1)
    monkeypatch.setattr(picture_headers, "MAX_PIXELS", 400 * 400)
    with pytest.raises(PictureError, match="100 scans"):
        decode_picture(scans(100), "photo")


def test_scans_in_a_thumbnail_or_behind_the_picture_do_not_count():
    plain = encode(PIL.Image.new("RGB", (40, 40), (90, 90, 90)), "JPEG")
    comment = b"\xff\xda" * 200
    inside = plain[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + plain[2:]
    for content in (inside, plain + comment):
        assert decode_picture(content, "photo").shape == (40, 40, 3)


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


DATA = (b"IDAT", zlib.compress(bytes(1000)))
TOO_LARGE = {
    "png": png(header(20_000, 20_000), DATA),
    "png-16-alpha": png(header(8_000, 8_000, 16, 6), DATA),
    "apng": png(header(8_000, 8_000, 8, 6), (b"acTL", bytes(8)), DATA),
    "webp": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\xff\xff\0\xff\xff\0" + bytes(20),
    "webp-lossless": b"RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + b"\xff\xff\xff\x0f" + bytes(20),
    "gif": b"GIF89a\xff\xff\xff\xff" + bytes(20),
    "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 30_000, -30_000) + bytes(30),
    "pnm": b"P4 # a comment\n# and another\n 30000\n30000\n" + bytes(20),
    "tiff": b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHIIHHII", 256, 4, 1, 30_000, 257, 4, 1, 30_000) + bytes(20),
    "jpeg": b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", 30_000, 30_000) + b"\x03\1\x22\0\2\x11\1\3\x11\1",
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_the_declared_size_is_checked_before_decoding(kind, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(PictureError, match=r"more than the \d+ megapixels"):
        decode_picture(TOO_LARGE[kind], "picture")


def test_a_wrong_length_in_a_png_is_found_before_decoding(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    good = bytearray(encode(drawing(), "PNG"))
    good[8 + 25 : 8 + 25 + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(PictureError, match="ends before"):
        decode_picture(bytes(good), "picture")


def test_tiles_larger_than_the_picture_are_refused(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    tags = [(256, 8), (257, 8), (322, 16_384), (323, 16_384)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    with pytest.raises(PictureError, match="tiles"):
        decode_picture(b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(8), "picture")


def test_endless_segments_and_chunks_come_to_an_end():
    with pytest.raises(PictureError, match="segments"):
        read_header(b"\xff\xd8\xff\xe0" + b"\0\x02\xff\xfe" * 200_000, "photo")
    with pytest.raises(PictureError, match="damaged"):
        read_header(png(header(8, 8))[:33] + (bytes(4) + b"junk" + bytes(4)) * 200_000, "picture")


def test_a_header_cut_anywhere_is_one_of_our_errors():
    for form in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"):
        content = encode(PIL.Image.new("RGB", (9, 9)), form)
        for end in range(min(len(content), 60)):
            with contextlib.suppress(PictureError):
                read_header(content[:end], "picture")
