"""Pictures inside a text: a data URI of a kind that browsers only draw, checked by its bytes."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

LARGEST = 1_500_000
#: A few kilobytes can claim to be larger than any memory.
PIXELS_MOST = 40_000_000
URI = re.compile(r"data:image/(png|jpeg|jpg|gif|webp);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
#: JPEG markers that carry a size; the three left out are tables.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Image:
    """A picture with its size; its address is written anew from the bytes that were checked."""

    kind: str
    width: int
    height: int
    address: str


def image_of(text: str) -> Image:
    """The picture in a data URI; ValueError for anything else, or for one too large to draw."""
    found = URI.fullmatch(text.strip())
    if found is None or len(text) > LARGEST * 4 // 3 + 100:
        raise ValueError("no picture")
    kind = found[1].lower().replace("jpg", "jpeg")
    try:
        content = base64.b64decode("".join(found[2].split()), validate=True)
        width, height = SIZES[kind](content)
    except (binascii.Error, struct.error, IndexError) as error:
        raise ValueError("no picture") from error
    if not 0 < width * height <= PIXELS_MOST:
        raise ValueError("too large")
    address = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return Image(kind, width, height, address)


def _png(content: bytes) -> tuple[int, int]:
    _require(content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _gif(content: bytes) -> tuple[int, int]:
    _require(content[:6] in (b"GIF87a", b"GIF89a"))
    width, height = struct.unpack("<HH", content[6:10])
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    _require(content[:2] == b"\xff\xd8")
    at = 2
    while True:
        _require(content[at] == 0xFF)
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if marker in FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length


def _webp(content: bytes) -> tuple[int, int]:
    _require(content[:4] == b"RIFF" and content[8:12] == b"WEBP")
    chunk = content[12:16]
    if chunk == b"VP8X":
        sizes = int.from_bytes(content[24:27], "little"), int.from_bytes(content[27:30], "little")
        return sizes[0] + 1, sizes[1] + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    _require(chunk == b"VP8 ")
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _require(fits: bool) -> None:
    if not fits:
        raise ValueError("not the kind it says")


SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "png": _png,
    "gif": _gif,
    "jpeg": _jpeg,
    "webp": _webp,
}
