"""What submit-and-next is held against: a bare Django view that only claims and inserts.

Served by the same server with the same workers, without middleware, session or rights.
"""

from __future__ import annotations

import json
from uuid import uuid4

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

CLAIM = """
UPDATE labeling_slot SET annotator_id = %(annotator)s, token = %(token)s, leased_until = now()
WHERE id = (
  SELECT s.id FROM labeling_slot s
  WHERE s.queue_id = %(queue)s AND s.lane = '' AND NOT s.early AND s.annotation_id IS NULL
    AND s.annotator_id IS NULL AND s.number = 0 AND s.place >= %(place)s
  ORDER BY s.place, s.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING task_id, place"""
INSERT = """
INSERT INTO labeling_annotation (uid, task_id, annotator_id, kind, token, payload_digest,
  rubric_version_id, language, shown, revealed, comment, unsure, submitted_at)
VALUES (%(uid)s, %(task)s, %(annotator)s, 'submitted', %(token)s, '', %(version)s, '', '{}', false,
  %(comment)s, false, now()) RETURNING id"""


def claim_and_insert(request: HttpRequest) -> JsonResponse:
    """Store an answer to the next free task and tell which one it was."""
    asked = json.loads(request.body)
    values = {**asked, "token": uuid4(), "uid": uuid4()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        values["task"], place = cursor.fetchone()
        cursor.execute(INSERT, values)
    answer = JsonResponse({"task": values["task"], "place": place})
    answer["Content-Length"] = str(len(answer.content))  # so that the connection stays open
    return answer


urlpatterns = [path("", claim_and_insert)]


def application() -> WSGIHandler:
    """The bare view alone; a function, since importing this must change no settings."""
    settings.MIDDLEWARE = []
    settings.ROOT_URLCONF = __name__
    return get_wsgi_application()
