"""What `check --deploy` looks at beyond Django's own list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

#: A picture inside an item's text is drawn and never runs.
PICTURES = ("img-src", "data:")
UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "*", "data:", "http:", "https:")


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """A wildcard trusts whatever Host header a stranger sends."""
    loose = [host for host in settings.ALLOWED_HOSTS if "*" in host or host.startswith(".")]
    return _errors(loose or not settings.ALLOWED_HOSTS, "ALLOWED_HOSTS must name hosts.", "E001")


@register(Tags.security, deploy=True)
def policy_is_strict(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The Content-Security-Policy forbids inline code and begins with nothing allowed."""
    directives = getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES", {})
    loose = [
        source
        for name, sources in directives.items()
        for source in sources
        if source in UNSAFE and (name, source) != PICTURES
    ]
    open_ended = list(directives.get("default-src", [])) != ["'none'"]
    return _errors(loose or open_ended, "The Content-Security-Policy is too loose.", "E002")


@register(Tags.security, deploy=True)
def api_denies(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """DRF's own defaults let everybody in, show a browsable API and limit nothing."""
    rest = settings.REST_FRAMEWORK
    denies = rest.get("DEFAULT_PERMISSION_CLASSES") == ["labeling.api.permissions.Deny"]
    plain = rest.get("DEFAULT_RENDERER_CLASSES") == ["rest_framework.renderers.JSONRenderer"]
    limited = bool(rest.get("DEFAULT_THROTTLE_CLASSES") and rest.get("DEFAULT_PAGINATION_CLASS"))
    return _errors(not (denies and plain and limited), "The API's defaults are too open.", "E003")


@register(Tags.security, deploy=True)
def workers_keep_to_their_limits(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """A message that shows again while its job still runs starts a second copy."""
    shows_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    loose = shows_again <= settings.CELERY_TASK_TIME_LIMIT
    return _errors(loose, "visibility_timeout must be above the time limit of tasks.", "E004")


def _errors(wrong: object, message: str, number: str) -> list[CheckMessage]:
    return [Error(message, id=f"fettle.{number}")] if wrong else []
