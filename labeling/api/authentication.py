"""Who is calling: a token of a member, or the browser's session."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from labeling.models import Token, User

USE_RECORDED_EVERY = timedelta(minutes=1)


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer …`, looked up by its SHA-256; never taken from the query string."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        if "token" in request.query_params:
            raise exceptions.ParseError("Send the token in the Authorization header.")
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = live_token(secret.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, revoked or expired.")
        note_use(token)
        return token.member.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def live_token(secret: str) -> Token | None:
    """The token behind a secret, while it and its member are good."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return (
        Token.objects.select_related("member__user", "member__project", "member__team")
        .filter(
            digest=digest,
            revoked_at__isnull=True,
            expires_at__gt=timezone.now(),
            member__deactivated_at__isnull=True,
            member__user__is_active=True,
        )
        .first()
    )


def note_use(token: Token) -> None:
    """Remember the last use, at most once a minute so that reading stays cheap."""
    stale = timezone.now() - USE_RECORDED_EVERY
    if token.last_used_at and token.last_used_at >= stale:
        return
    Token.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lt=stale), pk=token.pk
    ).update(last_used_at=timezone.now())


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session; answers 401, not 403, to somebody who is not logged in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
