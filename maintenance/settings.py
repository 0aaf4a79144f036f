"""Fettle's settings: environment variables with safe defaults (the README lists them all)."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str, default: bool = False) -> bool:
    """An environment variable read as yes or no."""
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def kept_secret_key(folder: Path) -> str:
    """The installation's secret key: made once, readable by its owner only."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=folder)  # readable by its owner only
        with os.fdopen(handle, "w") as file:
            file.write(get_random_secret_key() + get_random_secret_key())
        with suppress(FileExistsError):  # another process was first: its key is the one
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text().strip()


# Where things are

FETTLE_DATA = Path(os.environ.get("FETTLE_DATA", BASE_DIR / "var"))
FETTLE_URL = os.environ.get("FETTLE_URL", "http://127.0.0.1:8000").rstrip("/")
FETTLE_VERSION = "0.1.0"
SITE_SCHEME = urlsplit(FETTLE_URL).scheme
SITE_HOST = urlsplit(FETTLE_URL).hostname or "127.0.0.1"

DEBUG = flag("DEBUG")
if DEBUG and SITE_SCHEME == "https":
    raise ImproperlyConfigured("DEBUG shows what must stay inside; it cannot be on over https.")
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret_key(FETTLE_DATA)
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters.")

ALLOWED_HOSTS = [SITE_HOST, *filter(None, os.environ.get("ALLOWED_HOSTS", "").split(","))]
if SITE_HOST in {"127.0.0.1", "localhost"}:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts; * would trust any Host header.")
CSRF_TRUSTED_ORIGINS = [FETTLE_URL]

# What it is made of

INSTALLED_APPS = [
    "labeling",
    "evaluation",
    "maintenance",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
]

MIDDLEWARE = [
    # First what must be on every answer, also on those that later ones refuse.
    "maintenance.middleware.RequestIdMiddleware",
    "maintenance.middleware.MeasureMiddleware",
    "csp.middleware.CSPMiddleware",
    "maintenance.middleware.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "maintenance.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "maintenance.middleware.RefusalMiddleware",
    "maintenance.trail.CaseTrailMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "maintenance.urls"
WSGI_APPLICATION = "maintenance.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "maintenance.context.navigation",
            ],
        },
    },
]

# Data

DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{FETTLE_DATA / 'fettle.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a transaction is the lock; deferred ones fail when busy
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif timeout := os.environ.get("DATABASE_STATEMENT_TIMEOUT"):  # seconds; set for web workers
    limits = {
        "statement_timeout": f"{timeout}s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    }
    DATABASES["default"]["OPTIONS"] = {
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items())
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "fettle",
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FETTLE_DATA / "files", "file_permissions_mode": 0o640},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FETTLE_STORAGE_QUOTA = int(os.environ.get("FETTLE_STORAGE_QUOTA_MB", "10240")) * 1024 * 1024
FETTLE_UPLOAD_LIMIT = int(os.environ.get("FETTLE_UPLOAD_LIMIT_MB", "1024")) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # a rubric with many options is one form
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_PERMISSIONS = 0o640

# Jobs: Celery on Redis where there is Redis, else the embedded runner polls the table

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_DEFAULT_QUEUE = "fettle"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_SOFT_TIME_LIMIT = 3500
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 60
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives a broker that is away for hours
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 7200,  # above the time limit, or a long job gets a second copy
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,  # a request that publishes does not wait for a dead broker
    "max_retries": 1,
}
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "maintenance.tasks.tick",
        "schedule": 10.0,
        "options": {"expires": 10.0},  # ticks do not pile up while no worker is there
    }
}

# People

AUTH_USER_MODEL = "labeling.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique by a constraint on its lower case
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "labeling.sessions.PersonBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a pause ends, whoever goes on trying
AXES_HTTP_RESPONSE_CODE = 429
AXES_IPWARE_PROXY_COUNT = int(os.environ.get("NUM_PROXIES", "0"))
AXES_LOCKOUT_CALLABLE = "labeling.views.accounts.locked_out"
AXES_USERNAME_FORM_FIELD = "username"
AXES_VERBOSE = False

SESSION_ENGINE = "labeling.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "maintenance.views.errors.csrf_failure"
if SITE_SCHEME == "https":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # asked from inside, over http
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = flag("HSTS_PRELOAD", default=True)
    if flag("TRUST_PROXY_SCHEME"):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # pictures in items: checked, and only ever drawn
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if os.environ.get("EMAIL_HOST")
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", f"fettle@{SITE_HOST}")

# Programs

API_RATE = os.environ.get("API_RATE", "3000/min")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "labeling.api.authentication.TokenAuthentication",
        "labeling.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["labeling.api.permissions.Deny"],
    "DEFAULT_PARSER_CLASSES": ["labeling.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "labeling.api.pagination.CursorPages",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_CLASSES": ["labeling.api.throttling.CallerThrottle"],
    "NUM_PROXIES": int(os.environ.get("NUM_PROXIES", "0")),
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "labeling.api.errors.exception_handler",
    "DEFAULT_VERSIONING_CLASS": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fettle",
    "DESCRIPTION": "Items in, adjudicated labels out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {  # `kind` and `state` mean something else for each noun
        "AnnotationKind": "labeling.models.annotations.Annotation.Kind",
        "CriterionKind": "labeling.models.rubrics.Criterion.Kind",
        "ExportKind": "labeling.models.exports.Export.Kind",
        "MemberKind": "labeling.models.projects.Membership.Kind",
        "QuestionKind": "labeling.models.questions.Question.Kind",
        "TeamKind": "labeling.models.projects.Team.Kind",
        "ExportState": "labeling.models.exports.Export.State",
        "ImportState": "labeling.models.items.Import.State",
        "JobState": "labeling.models.jobs.Job.State",
        "JudgingState": "labeling.serializers.judging.STATES",
        "QueueState": "labeling.models.queues.Queue.State",
        "RubricState": "labeling.models.rubrics.RubricVersion.State",
        "SkipReason": "labeling.models.skips.Skip.Reason",
        "SampleState": "labeling.models.samples.Sample.State",
        "TaskState": "labeling.models.queues.Task.State",
        "EvaluationState": "evaluation.models.evaluations.Evaluation.State",
        "JudgedState": "evaluation.models.judged.JudgedEvaluation.State",
        "VersionState": "evaluation.models.versions.ModelVersion.State",
        "StageKind": "maintenance.models.releases.Stage.Kind",
        "ReleaseState": "maintenance.models.releases.Release.State",
        "SetProvenance": "evaluation.models.sets.SetVersion.Provenance",
        "SetVersionState": "evaluation.models.sets.SetVersion.State",
        "AdjudicationSource": "labeling.models.adjudications.Adjudication.Source",
        "ImportSource": "labeling.models.items.Import.Source",
        "AdjudicationCause": "labeling.models.adjudications.Adjudication.Cause",
        "CaseCause": "maintenance.models.cases.Case.Cause",
        "CaseKind": "maintenance.models.cases.Case.Kind",
        "EvidenceKind": "maintenance.serializers.cases.EVIDENCE",
        "LinkKind": "maintenance.serializers.cases.LINKS",
        "OpenedKind": "maintenance.serializers.cases.OPENED",
        "MonitorOperator": "maintenance.models.signals.Monitor.Operator",
        "ReadingSource": "maintenance.models.signals.Reading.Source",
        "TargetOperator": "maintenance.models.governance.Target.Operator",
    },
}

# Words, time, files served

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "labeling" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = FETTLE_DATA / "static"
WHITENOISE_USE_FINDERS = True

METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
FETTLE_LEAST_DISK = int(os.environ.get("FETTLE_LEAST_DISK_MB", "200")) * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "maintenance.logs.RequestFilter"}},
    "formatters": {
        "json": {"()": "maintenance.logs.JsonFormatter"},
        "plain": {"format": "%(levelname).1s %(name)s %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": os.environ.get("LOG_FORMAT") or ("plain" if os.isatty(2) else "json"),
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
