# SPDX-License-Identifier: Apache-2.0
"""Django's settings, all from the environment (config.environment) and the operator profile."""

import secrets as system_secrets
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from paraph.config import channels, environment
from paraph.config.operator import load
from paraph.domain.devices.methods import passkey
from paraph.domain.identity_provider import client_assertion
from paraph.domain.limits import policy as limits
from paraph.domain.orders import catalogue
from paraph.interfaces import addresses
from paraph.kernel import clock, rules, sealing, secrets
from paraph.kernel.places import Places

PACKAGE = Path(__file__).resolve().parent.parent
DATA = environment.data_directory()
DATA.mkdir(parents=True, exist_ok=True)
URL = environment.read("URL").rstrip("/")
PKI_URL = environment.read("PKI_URL").rstrip("/") or f"{URL.replace('https://', 'http://')}/pki"
GUICHET_URL = environment.read("GUICHET_URL").rstrip("/")
DEMO = environment.read("DEMO") == "1"
SIGNER = str(environment.signer_socket())
SIGNER_DATA = environment.signer_folder()

OPERATOR = load(environment.read("PROFILE"))
if OPERATOR.demonstration and urlsplit(URL).hostname not in ("localhost", "127.0.0.1", "::1"):
    raise environment.SettingError(
        f"the operator profile {OPERATOR.slug} is a demonstration's: it answers on this computer only, not at {URL}. "
        "Give PARAPH_PROFILE a profile of your own.")
rules.use(OPERATOR.rules_in_force)
catalogue.use(catalogue.Catalogue.from_prices(OPERATOR.prices))
if OPERATOR.flags.get("passkey"):
    try:
        passkey.use(passkey.relying_party(OPERATOR.passkeys, url=URL, name=OPERATOR.service))
    except ValueError as error:
        raise environment.SettingError(str(error)) from error
client_assertion.use(rs256=OPERATOR.flags.get("client_rs256", False))
try:
    limits.use(OPERATOR.limits)
    TRUSTED_PROXIES = addresses.networks(environment.read("TRUSTED_PROXIES"))
    HASHES_AT_ONCE = int(environment.read("HASHES_AT_ONCE"))
except ValueError as error:
    raise environment.SettingError(str(error)) from error
channels.bind(OPERATOR, demonstration=DEMO)
sealing.use(sealing.KeyRing.parse(
    environment.secret_file("key-ring", "KEY_RING", lambda: sealing.KeyRing.fresh().serialise())))
secrets.use(secrets.Pepper.parse(
    environment.secret_file("pepper", "PEPPER", lambda: secrets.Pepper.fresh().serialise())))
# One asker may have one more than work at once: a place in the queue, and never all threads of the process.
secrets.limit_to(Places(at_once=HASHES_AT_ONCE, each=HASHES_AT_ONCE + 1, patience=5))
TEST_CLOCK = environment.read("TEST_CLOCK")
if TEST_CLOCK:
    clock.bind(clock.ShiftedClock(Path(TEST_CLOCK)))
ENVIRONMENT = environment.SETTINGS
ISOLATION_REQUIRED = environment.choice("ISOLATION", "required", "where-possible") == "required"
JUDGE = environment.choice("JUDGE", "", "pkilint")
KEY_STORE = environment.read("KEY_STORE")
KEY_STORE_MODULE = environment.read("KEY_STORE_MODULE")
KEY_STORE_TOKEN = environment.read("KEY_STORE_TOKEN")


def KEY_STORE_PASSPHRASE() -> str:  # noqa: N802  (read where consent is given on the signer's host, and never at start)
    return environment.key_store_passphrase()


SECRET_KEY = environment.secret_file("django-key", "SECRET_KEY", lambda: system_secrets.token_urlsafe(50)).strip()
DEBUG = False
SECURE = URL.startswith("https://")
ALLOWED_HOSTS = [urlsplit(URL).hostname or "localhost", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [URL]
ROOT_URLCONF = "paraph.config.urls"
WSGI_APPLICATION = "paraph.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DOMAIN_APPS = [
    path.parent.name for path in sorted((PACKAGE / "domain").glob("*/apps.py"))
]
INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "django_cotton.apps.SimpleAppConfig",
    "faces",
    *[f"paraph.domain.{name}" for name in DOMAIN_APPS],
]
MIDDLEWARE = [
    "paraph.interfaces.middleware.tracing.Tracing",
    "paraph.interfaces.middleware.headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "paraph.interfaces.middleware.language.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "paraph.interfaces.middleware.calling.Calling",
    "paraph.interfaces.middleware.refusals.Refusals",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*sorted(PACKAGE.glob("interfaces/*/templates")), *sorted(PACKAGE.glob("domain/*/templates"))],
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
                "paraph.interfaces.middleware.context.operator",
            ],
        },
    }
]
FORM_RENDERER = "faces.forms.FacesRenderer"

if environment.read("DATABASE_URL"):
    _address = urlsplit(environment.read("DATABASE_URL"))
    _options = dict(parse_qsl(_address.query))
    DATABASES = {
        "default": {
            "ENGINE": "paraph.config.postgresql",
            "NAME": _address.path.lstrip("/"),
            "USER": _address.username or "",
            "PASSWORD": _address.password or "",
            "HOST": _options.get("host", _address.hostname or ""),
            "PORT": str(_address.port or ""),
            # What is asked again and again is planned once for each connection. Only statements that go to the driver with
            # their values beside them (paraph.config.postgresql) can be.
            "OPTIONS": {"prepare_threshold": 5},
            "CONN_MAX_AGE": 60,
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "paraph.config.sqlite",
            "NAME": str(DATA / "paraph.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
            "CONN_MAX_AGE": 60,
            "TEST": {"NAME": str(DATA / "test.sqlite3")},
        }
    }

SESSION_ENGINE = "paraph.interfaces.sessions"
SESSION_COOKIE_NAME = "__Host-paraph_session" if SECURE else "paraph_session"
BROWSER_COOKIE_NAME = "__Host-paraph_browser" if SECURE else "paraph_browser"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_NAME = "__Host-paraph_csrf" if SECURE else "paraph_csrf"
CSRF_FAILURE_VIEW = "paraph.interfaces.middleware.refusals.csrf_failure"
SESSION_COOKIE_AGE = OPERATOR.rules.session_hours * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [*sorted(PACKAGE.glob("interfaces/*/locale")), *sorted(PACKAGE.glob("domain/*/locale")),
                *sorted(PACKAGE.glob("config/locale"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Luxembourg"

STATIC_URL = "/static/"
STATIC_ROOT = str(DATA / "static")
Path(STATIC_ROOT).mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_MAX_MEMORY_SIZE = OPERATOR.rules.document_megabytes * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "paraph.interfaces.lines.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": environment.read("LOG_LEVEL")},
    # Anybody can send a foreign host name: the request's own line says 400, its traceback would only fill the disk.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"},
                "weasyprint": {"level": "ERROR"},
                # It would write credential ids of holders into the log.
                "fido2": {"level": "WARNING"},
                "fontTools": {"level": "ERROR"}, "httpx": {"level": "WARNING"}, "pyhanko": {"level": "ERROR"},
                "pyhanko_certvalidator": {"level": "ERROR"}},
}
