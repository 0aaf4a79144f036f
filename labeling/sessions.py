"""Who a browser's request comes from: two reads that every page begins with.

They are Django's own, but for the statements, which the server has planned before.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

from labeling.models import User
from labeling.statements import as_json, as_uuid, fetch, partial

SESSION = """
SELECT session_data FROM django_session
WHERE session_key = %(key)s AND expire_date > %(now)s"""
COLUMNS = (
    "id",
    "uid",
    "email",
    "name",
    "password",
    "time_zone",
    "language",
    "judging_keys",
    "is_active",
    "is_staff",
    "is_superuser",
)
PERSON = f"SELECT {', '.join(COLUMNS)} FROM labeling_user WHERE id = %(user)s"  # noqa: S608


class SessionStore(db.SessionStore):
    """A session in the database; one that has ended or was never there is empty."""

    def load(self) -> dict[str, Any]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        known = self.session_key and "\x00" not in self.session_key
        rows = fetch(SESSION, {"key": self.session_key, "now": now}) if known else []
        if rows:
            return dict(self.decode(rows[0][0]))
        self._session_key = None
        return {}


class PersonBackend(ModelBackend):
    """People log in with a password; whom a session names is read again at each request."""

    def get_user(self, user_id: Any) -> User | None:
        for row in fetch(PERSON, {"user": int(user_id)}):
            values = dict(zip(COLUMNS, row, strict=True))
            values["uid"] = as_uuid(values["uid"])
            values["judging_keys"] = as_json(values["judging_keys"])
            values |= {name: bool(values[name]) for name in COLUMNS if name.startswith("is_")}
            user = partial(User, values)
            return user if self.user_can_authenticate(user) else None
        return None
