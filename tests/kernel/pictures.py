"""Pictures made byte by byte: a small drawing as PNG, and the segments of a JPEG."""

from __future__ import annotations

import struct
import zlib

PNG_START = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*extra: bytes) -> bytes:
    """One white pixel; ``extra`` are whole chunks before its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        PNG_START + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    )


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, order: str = "II", place: bytes = b"40.7 N 74.0 W") -> bytes:
    """An Exif segment with an orientation and, after it, where the picture was taken."""
    sign = "<" if order == "II" else ">"
    first = struct.pack(sign + "HHIHH", 0x010F, 3, 1, 7, 0)
    entry = struct.pack(sign + "HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = order.encode() + struct.pack(sign + "HIH", 42, 8, 2) + first + entry + b"\0\0\0\0" + place
    return segment(0xE1, b"Exif\0\0" + tiff)


TABLES = segment(0xDB, b"\0" * 65) + segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"


def jpeg(*extra: bytes, after: bytes = b"") -> bytes:
    """The segments of a JPEG with one scan; ``after`` is what a phone appends behind its end."""
    return b"\xff\xd8" + b"".join(extra) + TABLES + SCAN + b"\xff\xd9" + after
