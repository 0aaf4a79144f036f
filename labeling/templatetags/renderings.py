"""How the templates get at what a text is rendered as."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe

from labeling.markdown import render_markdown
from labeling.policy import rendering
from labeling.policy.blinding import ShownField
from labeling.templatetags.fettle import pieces, visible

register = template.Library()

#: From how much text on it is worth having a way to find something in it.
LONG = 1_500
COMPARED = 2


@dataclass(frozen=True, slots=True)
class Needs:
    """What an item's texts ask for beside the texts: rarely anything."""

    find: bool
    diff: bool
    codes: bool
    special: bool

    @property
    def tools(self) -> bool:
        return self.find or self.diff or self.codes

    @property
    def styles(self) -> bool:
        return self.special or self.tools


@register.filter
def rendered(field: ShownField) -> rendering.Rendered:
    """A content field as what its project says it is, or as plain text."""
    return rendering.render(field.text, field.rendering)


@register.filter
def split(text: str) -> tuple[str, str]:
    """What is shown of a text at once, and the rest."""
    return rendering.split(text)


@register.filter
def prose(text: str) -> SafeString | None:
    """Markdown as sanitised HTML, hidden characters as their codes; None if it is too tangled."""
    try:
        return mark_safe(render_markdown(visible(text)))  # noqa: S308 - sanitised just there
    except ValidationError:
        return None


@register.filter
def needs(item: object) -> Needs:
    """What the texts of an item ask for."""
    outputs: list[ShownField] = list(getattr(item, "outputs", []))
    fields: list[ShownField] = [*getattr(item, "content", []), *outputs]
    return Needs(
        find=sum(len(field.text) for field in fields) > LONG,
        diff=len(outputs) == COMPARED,
        codes=any(_hides(field.text) for field in fields),
        special=bool(outputs) or any(field.rendering != "text" for field in fields),
    )


def _hides(text: str) -> bool:
    """Whether a text holds characters that act without being seen."""
    return not text.isprintable() and any(piece.code for piece in pieces(text))
