"""A small XML file as a tree of tags with their lines; nothing is read that could blow it up."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

SIZE_LIMIT = 1_000_000
TAGS_LIMIT = 10_000
DEPTH_LIMIT = 60


class XmlError(ValueError):
    """The text is not XML that is read here; the message names the line."""


@dataclass
class Tag:
    """A tag with its attributes, both in lower case, and what stands in it."""

    name: str
    written: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    tags: list[Tag] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute without the space around it; empty where there is none."""
        return self.attributes.get(name.lower(), "").strip()


def read(text: str) -> Tag:
    """The root of a text. Document types and entities are refused, as is whatever is too large.

    >>> root = read('<View><Header Value="Hello"/></View>')
    >>> root.tags[0].name, root.tags[0].get("value"), root.tags[0].line
    ('header', 'Hello', 1)
    """
    if len(text) > SIZE_LIMIT:
        raise XmlError("The file is too large.")
    return _Reader().read(text)


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._words
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._open: list[Tag] = []
        self._count = 0
        self._root: Tag | None = None

    def read(self, text: str) -> Tag:
        try:
            self._parser.Parse(text.encode("utf-8", "surrogatepass"), True)
        except expat.ExpatError as error:
            raise XmlError(f"Line {error.lineno}: {expat.ErrorString(error.code)}.") from error
        assert self._root is not None
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        line = self._parser.CurrentLineNumber
        if self._count > TAGS_LIMIT or len(self._open) >= DEPTH_LIMIT:
            raise XmlError(f"Line {line}: there are too many tags, or they are nested too deep.")
        lower = {key.lower(): value for key, value in attributes.items()}
        tag = Tag(name.lower(), name, line, lower)
        if self._open:
            self._open[-1].tags.append(tag)
        else:
            self._root = tag
        self._open.append(tag)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _words(self, words: str) -> None:
        self._open[-1].text += words

    def _refuse(self, *_declared: object) -> None:
        line = self._parser.CurrentLineNumber
        raise XmlError(f"Line {line}: document types and entities are not allowed.")
