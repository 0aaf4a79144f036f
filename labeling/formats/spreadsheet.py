"""Cells that a spreadsheet would run as formulas, and the apostrophe that keeps them text.

Rule: a text is dangerous when, after any quotes and white space, it starts with `=`, `+`, `-` or
`@` (also in full width or small form), or when it starts with TAB, CR or LF. Writing puts one
apostrophe before a dangerous text; reading takes one away where what remains is dangerous.
Apostrophes count as quotes, so a text that already looks protected gets one more, and every text
comes back as it was.
"""

from __future__ import annotations

import re

DANGEROUS = re.compile(r"""[\t\r\n]|['"“”„‘’\s\ufeff\u200b]*[=+\-@＝＋－＠﹦﹢﹣﹫\t\r\n]""")  # noqa: RUF001


def protect(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    return "'" + text if DANGEROUS.match(text) else text


def unprotect(text: str) -> str:
    """Undo `protect`; any text that `protect` did not change is left alone."""
    return text[1:] if text.startswith("'") and DANGEROUS.match(text, 1) else text
