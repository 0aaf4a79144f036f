"""A database of its own for a benchmark, made when it starts and dropped when it ends."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


@contextmanager
def scratch_database() -> Iterator[str]:
    """Django set up on an empty, migrated database; yields its vendor. Once per process.

    With ``DATABASE_URL`` of a PostgreSQL the database is a new one on that server, else an
    SQLite file. Files go to a temporary folder, and nothing is published to Redis. Import
    models only inside.
    """
    with tempfile.TemporaryDirectory(prefix="fettle-bench-") as folder, _database(folder) as url:
        os.environ.pop("REDIS_URL", None)
        os.environ.update(
            DATABASE_URL=url,
            FETTLE_DATA=folder,
            DJANGO_SETTINGS_MODULE="maintenance.settings",
        )
        os.environ.setdefault("LOG_LEVEL", "ERROR")
        yield from _migrated()


def _migrated() -> Iterator[str]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    call_command("migrate", verbosity=0, interactive=False)
    try:
        yield connection.vendor
    finally:
        connections.close_all()


@contextmanager
def _database(folder: str) -> Iterator[str]:
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    server = urlsplit(url)
    name = f"fettle_bench_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(urlunsplit(server._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(server._replace(path=f"/{name}"))
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
