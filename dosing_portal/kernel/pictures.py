"""A photo as it may be kept: JPEG or PNG by its bytes, without what the phone wrote into it.

The picture itself is never decoded here. Place, time and device stand in segments of their own, which are
left out; the one thing kept of them is which way up the picture is. What cannot be read as one whole picture
is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

JPEG, PNG = "image/jpeg", "image/png"
ENDINGS = {JPEG: "jpg", PNG: "png"}

_JPEG_START = b"\xff\xd8"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs"})
_RESTARTS = range(0xD0, 0xD8)
_MARKS, _END, _SCAN, _COMMENT = 0xFF, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP14, _APP15 = 0xE0, 0xE1, 0xEE, 0xEF
_ORIENTATION = 0x0112
_EXIF = b"Exif\0\0"
_LENGTH = 2  # bytes that say how long a segment is; they count themselves


class NotAPicture(ValueError):
    """The bytes are no whole JPEG or PNG."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes that may be stored and shown, and what they are."""

    kind: str
    content: bytes


def read(content: bytes) -> Picture:
    """The picture without its metadata. Raises ``NotAPicture``, whatever the file is called."""
    try:
        if content.startswith(_PNG_START):
            return Picture(PNG, b"".join(_png(content)))
        if content.startswith(_JPEG_START):
            return Picture(JPEG, b"".join(_jpeg(content)))
    except (IndexError, ValueError) as broken:
        raise NotAPicture("The file ends in the middle of a picture") from broken
    raise NotAPicture("The file is neither a JPEG nor a PNG")


# --- PNG --------------------------------------------------------------------------------------------------


def _png(content: bytes) -> Iterator[bytes]:
    yield _PNG_START
    place, first = len(_PNG_START), True
    while True:
        length = int.from_bytes(_taken(content, place, 4))
        name = _taken(content, place + 4, 4)
        chunk = _taken(content, place, length + 12)
        if first and name != b"IHDR":
            raise ValueError("a PNG opens with its header")
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise ValueError("a chunk is damaged")
        if name in _PNG_KEPT:
            yield chunk
        if name == b"IEND":
            return
        place, first = place + length + 12, False


# --- JPEG -------------------------------------------------------------------------------------------------


def _jpeg(content: bytes) -> Iterator[bytes]:
    yield _JPEG_START
    place, scanned, turned = len(_JPEG_START), False, False
    while True:
        if content[place] != _MARKS:
            raise ValueError("a segment opens with its marker")
        marker = content[place + 1]
        if marker == _MARKS:  # padding
            place += 1
            continue
        if marker == _END:
            if not scanned:
                raise ValueError("a JPEG without a picture")
            yield content[place : place + 2]  # what a phone appends after the end is left out
            return
        length = int.from_bytes(_taken(content, place + 2, _LENGTH))
        if length < _LENGTH:
            raise ValueError("a segment is as long as its length at least")
        segment = _taken(content, place, 2 + length)
        place += len(segment)
        if marker == _APP1 and not turned:
            orientation = _orientation(segment[4:])
            turned = orientation is not None
            yield _turned(orientation) if orientation is not None else b""
        elif not _is_metadata(marker):
            yield segment
        if marker == _SCAN:
            scanned, end = True, _end_of_scan(content, place)
            yield content[place:end]
            place = end


def _is_metadata(marker: int) -> bool:
    """Application segments and comments; the first one says JFIF and the fourteenth how colors are kept."""
    application = _APP1 <= marker <= _APP15 and marker != _APP14
    return application or marker == _COMMENT


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the next marker stands: in a scan 0xFF is followed by zero, or by a restart."""
    while True:
        place = content.index(b"\xff", place)
        following = content[place + 1]
        if following and following not in _RESTARTS and following != _MARKS:
            return place
        place += 1 if following == _MARKS else 2


def _orientation(body: bytes) -> int | None:
    """Which way up, from the first directory of an Exif segment; ``None`` where it does not say."""
    if not body.startswith(_EXIF):
        return None
    tiff = body[len(_EXIF) :]
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return None

    def number(start: int, length: int) -> int:
        return int.from_bytes(tiff[start : start + length], order)  # type: ignore[arg-type]

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), 100)):
        start = directory + 2 + 12 * entry
        if number(start, 2) == _ORIENTATION:
            value = number(start + 8, 2)
            return value if value in range(1, 9) else None
    return None


def _turned(orientation: int) -> bytes:
    """An Exif segment that says which way up, and nothing else."""
    entry = _ORIENTATION.to_bytes(2) + b"\0\3" + b"\0\0\0\1" + orientation.to_bytes(2) + b"\0\0"
    body = _EXIF + b"MM\0*\0\0\0\x08" + b"\0\1" + entry + b"\0\0\0\0"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


def _taken(content: bytes, start: int, length: int) -> bytes:
    part = content[start : start + length]
    if len(part) != length:
        raise ValueError("the file ends too early")
    return part
