# SPDX-License-Identifier: Apache-2.0
"""Settings from environment variables GUICHET_*; a database of its own, which holds web sessions."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

PACKAGE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("GUICHET_DATA", "data")).resolve()
DATA.mkdir(parents=True, exist_ok=True)
URL = os.environ.get("GUICHET_URL", "http://localhost:8100").rstrip("/")
ISSUER = os.environ.get("GUICHET_ISSUER", "http://localhost:8000").rstrip("/")
CLIENT_ID = os.environ.get("GUICHET_CLIENT_ID", "guichet")
# Under which name the trust service knows this partner: it stands in what citizens confirm.
PARTNER = os.environ.get("GUICHET_PARTNER", "guichet")
CLIENT_SECRET_FILE = Path(os.environ.get("GUICHET_CLIENT_SECRET_FILE", DATA / "secrets" / "guichet-client"))


def _own_secret() -> str:
    """Django's secret key: a 0600 file beside the database, made once."""
    path = DATA / "secrets" / "guichet-django-key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text().strip()


SECRET_KEY = os.environ.get("GUICHET_SECRET_KEY") or _own_secret()
DEBUG = False
SECURE = URL.startswith("https://")
ALLOWED_HOSTS = [urlsplit(URL).hostname or "localhost", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [URL]
ROOT_URLCONF = "guichet.urls"
WSGI_APPLICATION = "guichet.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "django_cotton.apps.SimpleAppConfig",
    "faces",
]
MIDDLEWARE = [
    "guichet.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "guichet.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Our folder stands first: its faces/parts/masthead.html carries the portal's tab onto every page, errors too.
        "DIRS": [PACKAGE / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "guichet.context.portal",
            ],
        },
    }
]
FORM_RENDERER = "faces.forms.FacesRenderer"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA / "guichet.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        "CONN_MAX_AGE": 60,
    }
}

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-guichet_session" if SECURE else "guichet_session"
CSRF_COOKIE_NAME = "__Host-guichet_csrf" if SECURE else "guichet_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax: the citizen comes back from the trust service by a link of another site.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "guichet.views.csrf_failure"
SESSION_COOKIE_AGE = 15 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Luxembourg"

STATIC_URL = "/static/"
STATIC_ROOT = str(DATA / "guichet-static")
Path(STATIC_ROOT).mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# What every page says of the portal's operator. Fictional, like everything in the demonstration.
OPERATOR = {
    "name": _("Portail citoyen"),
    "service": _("Portail citoyen"),
    "legal_name": _("Portail citoyen, démonstration"),
    "phone": "+352 20 00 01 00",
    "email": "info@guichet.example",
    "address": {"street": "2, rue de la Plume", "postcode": "L-1000", "city": "Luxembourg"},
}
OPERATOR_HOURS = _("du lundi au vendredi, de 8 h à 19 h")
OPERATOR_NOTICE = _("Démonstration : ce portail et ses démarches sont fictifs.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Addresses of the token and user endpoints are no news, and the callback's hold codes.
    "loggers": {"httpx": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
