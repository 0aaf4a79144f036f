"""Letters: plain text from templates, in the reader's language, sent by jobs only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation


def send_letter(name: str, to: str, context: dict[str, Any], *, language: str = "") -> None:
    """Send one letter: the first line of `labeling/mail/<name>.txt` is its subject."""
    with translation.override(language or settings.LANGUAGE_CODE):
        letter = render_to_string(f"labeling/mail/{name}.txt", context)
    subject, _, body = letter.strip().partition("\n")
    send_mail(" ".join(subject.split()), body.strip() + "\n", None, [to])


def absolute(path: str) -> str:
    """A page's address for a letter: from the settings, never from a request's Host."""
    return f"{settings.FETTLE_URL}{path}"
