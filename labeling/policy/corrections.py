"""A corrected output: the text as it should have been, or the word that nothing is to be mended."""

from __future__ import annotations

from typing import Any

CORRECTED = "corrected_output"
#: The answer that the output is right as it is; no copy of it is kept.
UNCHANGED = "[unchanged]"


def corrected(text: str, original: str | None) -> str:
    """A correction as it is kept: lines end in one way, and what changes nothing says so.

    >>> corrected("Good day.\\r\\n", "Good day."), corrected("Good bye.", "Good day.")
    ('[unchanged]', 'Good bye.')
    """
    text = _plain(text)
    return UNCHANGED if original is not None and text == _plain(original) else text


def given_away(value: str) -> dict[str, Any]:
    """A correction as exports have it.

    >>> given_away("[unchanged]"), given_away("Good bye.")
    ({'unchanged': True, 'text': None}, {'unchanged': False, 'text': 'Good bye.'})
    """
    unchanged = value == UNCHANGED
    return {"unchanged": unchanged, "text": None if unchanged else value}


def taken_back(exported: dict[str, Any]) -> str:
    """A correction as it is kept, from what exports have."""
    return UNCHANGED if exported["unchanged"] else str(exported["text"])


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
