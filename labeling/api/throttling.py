"""A limit per token, person or address; counted atomically where the cache can."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework import throttling
from rest_framework.request import Request

from labeling.models import Token


class CallerThrottle(throttling.BaseThrottle):
    """So many requests a minute for each caller; 429 with Retry-After above it."""

    def allow_request(self, request: Request, view: Any) -> bool:
        limit, seconds = _rate(settings.API_RATE)
        window = int(time.time() // seconds)
        self._wait = seconds - time.time() % seconds
        key = f"throttle:{self._name(request)}:{window}"
        cache.add(key, 0, timeout=seconds * 2)
        try:
            return cache.incr(key) <= limit
        except ValueError:  # the key ended between the two calls: a new window has begun
            return True

    def wait(self) -> float:
        return self._wait

    def _name(self, request: Request) -> str:
        if isinstance(request.auth, Token):
            return f"token-{request.auth.pk}"
        if request.user.is_authenticated:
            return f"user-{request.user.pk}"
        return f"address-{self.get_ident(request)}"


def _rate(text: str) -> tuple[int, int]:
    """'3000/min' as (requests, seconds)."""
    number, _, period = text.partition("/")
    return int(number), {"s": 1, "m": 60, "h": 3600}[period[:1]]
