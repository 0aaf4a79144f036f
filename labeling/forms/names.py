"""What people type as a name or an address, checked the same way in forms and serializers."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from labeling.policy.languages import parse_languages
from labeling.templatetags.fettle import hides


def validate_name(name: str) -> None:
    """Refuse characters that act on a text without being seen in it, and line breaks."""
    if any(hides(character) or character in "\n\r\t" for character in name):
        raise ValidationError(_("A name cannot hold invisible characters."), code="invisible")


def spoken(text: str) -> dict[str, str]:
    """Languages as typed, or a sentence that says how to type them."""
    try:
        return parse_languages(text)
    except ValueError as error:
        message = _("“%(part)s” is no language; write them as de:native en:fluent.")
        raise ValidationError(message % {"part": error}) from error


def time_zones() -> list[tuple[str, str]]:
    """Every zone by name, UTC first."""
    names = sorted(zoneinfo.available_timezones() - {"UTC", "localtime", "Factory"})
    return [(name, name.replace("_", " ")) for name in ["UTC", *names]]


def interface_languages() -> list[tuple[str, str]]:
    """The languages Fettle speaks, each in its own words; empty follows the browser."""
    own = {"en": "English", "de": "Deutsch", "es": "Español"}
    named = [(code, own.get(code, str(name))) for code, name in settings.LANGUAGES]
    return [("", _("As the browser asks")), *named]
