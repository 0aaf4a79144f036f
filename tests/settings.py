"""Settings of the test suite: SQLite in a file and fast passwords, unless DATABASE_URL is set."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

os.environ.setdefault("FETTLE_DATA", tempfile.mkdtemp(prefix="fettle-tests-"))
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Processes that run side by side share neither files nor what Redis remembers.
    folder = Path(os.environ["FETTLE_DATA"]) / worker
    folder.mkdir(exist_ok=True)
    os.environ["FETTLE_DATA"] = str(folder)
    if redis_url := os.environ.get("REDIS_URL"):
        number = int(worker.removeprefix("gw"))
        own = re.sub(r"/(\d+)$", lambda db: f"/{int(db[1]) + number}", redis_url)
        os.environ["REDIS_URL"] = own
os.environ.setdefault("LOG_LEVEL", "ERROR")
USES_POSTGRES = "DATABASE_URL" in os.environ
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")

from maintenance.settings import *  # noqa: E402, F403
from maintenance.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
}
WHITENOISE_AUTOREFRESH = True
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # In memory all threads of a live server would share one connection, and break into each other's
    # transactions. What a test stores need not outlive the machine.
    file = str(Path(os.environ["FETTLE_DATA"]) / "test.sqlite3")
    DATABASES["default"] |= {"NAME": file, "TEST": {"NAME": file}}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
if name := os.environ.get("FETTLE_TEST_DB"):
    DATABASES["default"]["TEST"] = {"NAME": name}
