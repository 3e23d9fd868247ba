"""The settings of every environment: one file, fed by environment variables that are read strictly.

``.env.example`` lists the variables. The demo and the tests set their own (``dosing_portal.embedded``).
"""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dosing_portal.environment import Environment
from dosing_portal.logs import configure_structlog, logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
environment = Environment(os.environ)

# --- Who and where ------------------------------------------------------------------------------------------

PORTAL_DEMO = environment.flag("PORTAL_DEMO", default=False)
"""True where every patient is invented: the pages say so, and the demo's mailbox can be read."""

base_url = environment.url(
    "PORTAL_BASE_URL",
    schemes={"http", "https"},
    meaning="the address people open, such as https://portal.example.org",
)
if base_url.scheme == "http" and not PORTAL_DEMO:
    raise ImproperlyConfigured(
        "PORTAL_BASE_URL does not start with https:. Set PORTAL_BASE_URL to the https address people open; "
        "only the demo (PORTAL_DEMO=1) may do without."
    )
PORTAL_BASE_URL = base_url.geturl().rstrip("/")
"""The start of every link in a page or message that leaves the portal."""

SECRET_KEY = environment.text("SECRET_KEY", meaning="at least 50 random characters that never change")
SHORTEST_KEY = 50
if len(SECRET_KEY) < SHORTEST_KEY:
    raise ImproperlyConfigured(
        f"SECRET_KEY has {len(SECRET_KEY)} characters. Set SECRET_KEY to at least {SHORTEST_KEY} random ones."
    )

DEBUG = False
ALLOWED_HOSTS = [base_url.hostname or "", *environment.words("PORTAL_EXTRA_HOSTS")]
CSRF_TRUSTED_ORIGINS = [f"{base_url.scheme}://{base_url.netloc}"]

# --- What is installed --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dosing_portal.web",
    "schedules",
    "patients",
    "protocols",
    "dosing_portal.kernel",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "csp",
    "crispy_forms",
    "django_htmx",
    "template_partials",
    "heroicons",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dosing_portal.web.middleware.NeverStoredMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dosing_portal.web.middleware.IdleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "dosing_portal.urls"
WSGI_APPLICATION = "dosing_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "dosing_portal.web.frame.frame",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "portal"
CRISPY_TEMPLATE_PACK = "portal"

# --- Database -----------------------------------------------------------------------------------------------

# The application role. `migrate` runs with the owner role's URL in the same variable, so that no other
# process ever holds it.
DATABASES = {"default": environment.database("DATABASE_URL")}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
# A request that waits longer than this for a lock fails, says so and keeps what was typed.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": "3",
    "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s",
} | DATABASES["default"]["OPTIONS"]

PORTAL_APPLICATION_ROLE = os.environ.get("PORTAL_APPLICATION_ROLE", "")
"""The database role that `prepare_database` grants its rights to; empty where one role does everything."""

# --- Time and language --------------------------------------------------------------------------------------

# Columns and logs are in UTC; a center's zone is applied where a page or message is written.
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

# --- Sign-in and sessions -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "kernel.Staff"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "web:sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# In the database, because the broker may be lost; written at sign-in, not on each request.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Transport and browser security -------------------------------------------------------------------------

encrypted = base_url.scheme == "https"
SECURE_SSL_REDIRECT = encrypted
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# In production a proxy ends TLS: it must set this header and drop any that a client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if encrypted else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if encrypted else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = encrypted
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = encrypted
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = encrypted
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dosing_portal.web.views.errors.csrf_failed"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Photos -------------------------------------------------------------------------------------------------

# A phone's photo of one written sentence. A larger one is refused with a sentence, never cut.
PORTAL_PHOTO_MAX_BYTES = 8_000_000

# --- Static files -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = environment.folder("PORTAL_STATIC_ROOT", default=BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
# Compression takes half a minute, so only the image build asks for it. Both write the same manifest.
STATICFILES_STORAGE = {
    True: "whitenoise.storage.CompressedManifestStaticFilesStorage",
    False: "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
}[environment.flag("PORTAL_COMPRESS_STATIC", default=False)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATICFILES_STORAGE},
}

# --- E-mail -------------------------------------------------------------------------------------------------

mail = environment.mail("EMAIL_URL")
if mail.folder and not PORTAL_DEMO:
    raise ImproperlyConfigured(
        "EMAIL_URL names a folder, so nobody would ever be paged. Set EMAIL_URL to "
        "smtp://user:password@host:587; only the demo (PORTAL_DEMO=1) writes mail into files."
    )
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if mail.folder else 'smtp'}.EmailBackend"
EMAIL_HOST = mail.host
EMAIL_PORT = mail.port
EMAIL_HOST_USER = mail.user
EMAIL_HOST_PASSWORD = mail.password
EMAIL_USE_SSL = mail.implicit_tls
EMAIL_USE_TLS = mail.starttls
EMAIL_FILE_PATH = PORTAL_MAILBOX_DIR = mail.folder
"""The folder that the demo's mailbox page reads; None in production."""
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", meaning="the sender of the portal's e-mail")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dosing_portal.web.api_answers.answer",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dosing Portal",
    "DESCRIPTION": "The same nouns, services and permissions as the pages. A refusal says what is true now.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Background work ----------------------------------------------------------------------------------------

# Nothing lives only in the broker: due times are columns, and these sweeps find what is due. A lost broker
# must not hold up a request either, so publishing fails at once instead of retrying.
CELERY_BROKER_URL = environment.broker("REDIS_URL")
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3, "max_retries": 0}
CELERY_BROKER_CONNECTION_TIMEOUT = 0.3
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"

SWEEP_SECONDS = 2
SWEEP_EXPIRES_SECONDS = 6  # a sweep that waited longer is worthless: the next one is already behind it
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    task: {"task": task, "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_EXPIRES_SECONDS}}
    for task in (
        "schedules.deliver_due",
        "schedules.escalate_due",
        "schedules.flag_missed_checks",
        "schedules.queue_due_reminders",
        "schedules.chase_overdue",
    )
}
HOUR_SECONDS = 3600
CELERY_BEAT_SCHEDULE["web.forget_old"] = {
    "task": "web.forget_old",
    "schedule": HOUR_SECONDS,
    "options": {"expires": HOUR_SECONDS},
}

# --- Logs ---------------------------------------------------------------------------------------------------

configure_structlog()
LOGGING = logging_settings(
    environment.choice(
        "PORTAL_LOG_LEVEL", default="INFO", choices=frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})
    )
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
