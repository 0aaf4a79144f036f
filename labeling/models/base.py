from __future__ import annotations

import uuid

from django.db import models


class Row(models.Model):
    """A row that the outside knows by its uid; primary keys stay inside."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
