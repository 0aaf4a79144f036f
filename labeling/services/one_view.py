"""Reading everything as it was at one moment, however long that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

Aside = Callable[..., Any]


@contextmanager
def one_view() -> Iterator[Aside]:
    """Whatever is read inside is from the same moment; what must be written goes through `aside`.

    `aside(write, *arguments)` runs a function on a connection of its own: a transaction that only
    reads can never clash with others. Inside a transaction that is already there, that one is it.
    """
    if connection.in_atomic_block:
        yield lambda write, *arguments: write(*arguments)
        return
    with ThreadPoolExecutor(1) as pool:
        try:
            with _postgres() if connection.vendor == "postgresql" else _sqlite():
                yield lambda write, *arguments: pool.submit(write, *arguments).result()
        finally:
            pool.submit(lambda: connection.close()).result()


@contextmanager
def _postgres() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # All rows will be read: a plan that is quick for the first tenth can take hours.
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1.0")
        yield


@contextmanager
def _sqlite() -> Iterator[None]:
    """A deferred transaction: Django's own would take the lock that writers need."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        connection.connection.rollback()
