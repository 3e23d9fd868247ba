"""A photo is kept as a picture and nothing else: by its bytes, without place and time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing_portal.kernel.pictures import JPEG, PNG, NotAPicture, read
from tests.kernel.pictures import chunk, exif, jpeg, png, segment


def test_a_png_loses_its_words_and_keeps_its_picture() -> None:
    noisy = png(chunk(b"tEXt", b"Author\0A. Person"), chunk(b"eXIf", b"MM\0*"), chunk(b"pHYs", b"\0" * 9))
    found = read(noisy)
    assert (found.kind, found.content) == (PNG, png(chunk(b"pHYs", b"\0" * 9)))


def test_a_jpeg_loses_place_comment_and_what_follows_its_end() -> None:
    noisy = jpeg(
        segment(0xE0, b"JFIF\0"), segment(0xE1, b"http://ns.adobe.com/xap"), segment(0xFE, b"by A. Person"),
        after=b"\xff\xd8 a second picture",
    )  # fmt: skip
    found = read(noisy)
    assert (found.kind, found.content) == (JPEG, jpeg(segment(0xE0, b"JFIF\0")))


@pytest.mark.parametrize("order", ["II", "MM"])
def test_of_the_exif_part_only_which_way_up_is_kept(order: str) -> None:
    found = read(jpeg(exif(6, order))).content
    assert b"40.7 N" not in found
    assert found == read(jpeg(exif(6, "MM", b""))).content
    again = read(found).content
    assert again == found  # what was kept reads as the same orientation


def test_two_exif_parts_leave_one() -> None:
    assert read(jpeg(exif(6), exif(3))).content == read(jpeg(exif(6))).content


def test_an_orientation_that_does_not_exist_is_left_out() -> None:
    assert read(jpeg(exif(9))).content == jpeg()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"%PDF-1.7",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        jpeg()[:-2],
        jpeg()[:40],
        png()[:-6],
        png().replace(b"IHDR", b"IDAT", 1),
        png()[:-1] + b"\0",
        b"\xff\xd8" + b"\xff\xe1\x00\x00" + jpeg()[2:],
    ],
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        read(content)


@given(
    st.binary(max_size=300),
    st.sampled_from((b"\xff\xd8", b"\x89PNG\r\n\x1a\n", jpeg(exif(6))[:50], png()[:40])),
)
def test_whatever_follows_a_beginning_is_a_picture_or_refused(rest: bytes, start: bytes) -> None:
    try:
        found = read(start + rest)
    except NotAPicture:
        return
    assert read(found.content) == found
