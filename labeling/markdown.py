"""Markdown of rubrics, rendered once when it is saved: no raw HTML, no images, safe links only."""

from __future__ import annotations

import re

import nh3
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

SIZE_LIMIT = 100_000
#: Nested brackets and emphasis cost the parser quadratic time; prose never has this many marks.
MARKS_LIMIT = 4_000
MARKS = re.compile(r"[\[\]*_`|<~&#\\]")
LINES_LIMIT = 2_000
#: Each line below a table's head gets as many cells as the head has.
COLUMNS_LIMIT = 40

TAGS = {
    *("p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "s"),
}

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_parser.disable(["image"])


def render_markdown(text: str) -> str:
    """Sanitised HTML; ValidationError when the text is too large or too tangled to render."""
    if _is_too_complex(text):
        raise ValidationError(_("This text is too complex to be shown."), code="too_complex")
    html = _parser.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_only_absolute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _is_too_complex(text: str) -> bool:
    if len(text) > SIZE_LIMIT or len(MARKS.findall(text)) > MARKS_LIMIT:
        return True
    lines = text.splitlines()
    return len(lines) > LINES_LIMIT or any(line.count("|") > COLUMNS_LIMIT for line in lines)


def _only_absolute(tag: str, name: str, value: str) -> str | None:
    """Links that name their scheme; `//host` would borrow ours."""
    if name == "href" and not value.lower().startswith(("http://", "https://", "mailto:")):
        return None
    return value
