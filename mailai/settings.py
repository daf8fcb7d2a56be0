"""All settings, read from the environment (and `.env`). A bad or missing value stops the start and says which."""

import sys
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environs import validate

from mailai.ai.prices import read_prices
from mailai.environment import Environment
from mailai.limits import check_concurrency, check_limits, check_queues, check_rates, check_uploads, per_kind
from mailai.machine import fernet_key, secret_of_this_machine

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(expand_vars=False)
env.read_env(str(BASE_DIR / ".env"), recurse=False)

# What this process is. Production is the safe assumption only where it is asked for: a fresh machine runs the demo.
PRODUCTION = MAILAI_PRODUCTION = env.bool("MAILAI_PRODUCTION", False)
DEBUG = env.bool("DEBUG", False)
VAR_DIR = env.path("MAILAI_VAR", BASE_DIR / "var").resolve()

if PRODUCTION:
    missing = [name for name in ("DATABASE_URL", "SECRET_KEY", "MAILAI_TOKEN_KEYS") if not env.str(name, "")]
    if missing:
        raise ImproperlyConfigured(
            f"MAILAI_PRODUCTION is on, but {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set. "
            "See .env.example."
        )
    if DEBUG:
        raise ImproperlyConfigured("MAILAI_PRODUCTION and DEBUG are both on. Switch one of them off.")

SECRET_KEY = env.str("SECRET_KEY", "") or secret_of_this_machine(
    VAR_DIR / "secret_key", get_random_secret_key
)
MAILAI_TOKEN_KEYS = env.list("MAILAI_TOKEN_KEYS", []) or [
    secret_of_this_machine(VAR_DIR / "token_key", fernet_key)
]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "mailai",
    "mailai.postgres",
    "mailai.appearance",
    "mailai.ai",
    "mailai.runs",
    "mailai.users",
    "emails",
    "replies",
    "django_q",
    "django_htmx",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "mailai.health.Health",  # first: a probe has no session, and sends whatever Host it likes
    "mailai.proxies.Proxies",  # before all that asks who the client is, or whether it speaks https
    "mailai.runs.unchanged.Unchanged",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "mailai.urls"
WSGI_APPLICATION = "mailai.wsgi.application"
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
                "mailai.appearance.choosing.theme",
            ],
            "builtins": ["mailai.icons"],
        },
    },
]

# Database: DATABASE_URL, or the embedded Postgres under var/. A pool only in web processes (wsgi.py says so),
# because a worker forks and a pool must not be forked.
DATABASES = {
    "default": env.database(VAR_DIR / "postgres", pooled=env.bool("MAILAI_WEB_PROCESS", False)),
}

CACHES = {
    "default": {"BACKEND": "mailai.cache.PostgresCache"},
    "rates": {"BACKEND": "mailai.rates.RateCache"},
    # django-q2 saves its status twice a second; nobody reads it, so it must not reach the database.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
RATELIMIT_USE_CACHE = "rates"
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.W001",  # it only knows Redis and Memcached by name; ours counts atomically
    *("security.W005", "security.W021"),  # HSTS for a whole domain and for ever is the operator's to ask for
]

# Runs: limits in seconds, press rates as django-ratelimit writes them. Slow local models need longer limits.
MAILAI_SYNC = env.bool("MAILAI_SYNC", False)
MAILAI_MAX_ATTEMPTS = env.int("MAILAI_MAX_ATTEMPTS", 4)
MAILAI_RUN_DEADLINE = env.int("MAILAI_RUN_DEADLINE", 1800)
# A fetch reports all the time: silent for so long, its worker counts as lost, however long it may take in all.
MAILAI_FETCH_LEASE = env.int("MAILAI_FETCH_LEASE", 90)
# Beyond the hard limit: in these, django-q2 ends the task and the worker notes it, before the reaper takes the run.
MAILAI_LEASE_MARGIN = env.int("MAILAI_LEASE_MARGIN", 15)
# What runs then still when a worker is told to end is handed back to the queue. Below what its host gives it to end.
MAILAI_DRAIN_SECONDS = env.int("MAILAI_DRAIN_SECONDS", 25)
MAILAI_SOFT_LIMITS: dict[str, int] = per_kind(env.int, "SOFT_LIMIT", 0)
MAILAI_HARD_LIMITS: dict[str, int] = per_kind(env.int, "HARD_LIMIT", 1)
MAILAI_BACKOFFS: dict[str, int] = per_kind(env.int, "BACKOFF", 2)
MAILAI_RATES: dict[str, str] = per_kind(env.str, "RATE", 3)
# Kinds with a queue of their own, as base=bulk,optimize=slow; `worker --queue` serves some queues only.
MAILAI_QUEUES: dict[str, str] = env.dict("MAILAI_QUEUES", {})
# How many calls to a provider may be under way at a time, on all hosts together, as ollama=1,openai=20.
MAILAI_CONCURRENCY: dict[str, int] = {"ollama": 1} | env.dict("MAILAI_CONCURRENCY", {}, subcast_values=int)
MAILAI_UNDO_SECONDS = env.int("MAILAI_UNDO_SECONDS", 10)  # a confirmed reply waits so long before it goes out
MAILAI_BATCH_MAX = env.int("MAILAI_BATCH_MAX", 500, validate=validate.Range(min=1, max=1000))  # messages
# Wrong passwords: from an address or a browser that is known, and at an account from all that are not.
MAILAI_LOGIN_RATE = env.str("MAILAI_LOGIN_RATE", "10/m")
MAILAI_LOGIN_ACCOUNT_RATE = env.str("MAILAI_LOGIN_ACCOUNT_RATE", "20/h")
check_limits(MAILAI_SOFT_LIMITS, MAILAI_HARD_LIMITS)
check_rates({**MAILAI_RATES, "login": MAILAI_LOGIN_RATE, "login_account": MAILAI_LOGIN_ACCOUNT_RATE})
check_queues(MAILAI_QUEUES)
check_concurrency(MAILAI_CONCURRENCY)
MAILAI_KEEP_DAYS = {  # 0: for ever
    name: env.int(f"MAILAI_{variable}_DAYS", days, validate=validate.Range(min=0))
    for name, variable, days in (
        ("runs", "KEEP_RUNS", 90),
        ("calls", "KEEP_CALLS", 400),
        ("tokens", "KEEP_TOKENS", 365),
        ("expired_keys", "ERASE_EXPIRED", 7),
    )
}

Q_CLUSTER = {
    "name": "mailai",
    "label": "Queue",
    "orm": "default",
    "broker_class": "mailai.runs.broker.PostgresBroker",
    "cache": "process",
    "workers": env.int("MAILAI_WORKERS", 4),
    # Rings are only taken for workers that are free (mailai.runs.cluster), so that none waits for them here.
    "queue_limit": env.int("MAILAI_WORKERS", 4),
    "bulk": 1,
    "timeout": max(MAILAI_HARD_LIMITS.values()),
    "retry": 3 * max(MAILAI_HARD_LIMITS.values()),
    # Retries are TaskRun's: the queue row goes away whatever came out.
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "scheduler": False,
    "catch_up": False,
    "guard_cycle": 0.5,
    "recycle": 2000,
    "log_level": "WARNING",
}

# Models. Operator-defined providers: {"name": {"label": …, "base_url": …, "needs_key": …, "default_model": …}}
MAILAI_BASE_URLS = {
    name: env.str(f"MAILAI_{name.upper()}_BASE_URL", "")
    for name in ("openai", "anthropic", "mistral", "ollama")
}
MAILAI_PROVIDERS = env.json("MAILAI_PROVIDERS", {})
MAILAI_TOKEN_BASE_URL_PROVIDERS: list[str] = env.list("MAILAI_TOKEN_BASE_URL_PROVIDERS", [])
MAILAI_TOKEN_PRIVATE_HOSTS: list[str] = env.list(
    "MAILAI_TOKEN_PRIVATE_HOSTS", []
)  # as MAILAI_MAIL_PRIVATE_HOSTS
# {"provider/model" or "provider": {"input": per million tokens, "output": …, "currency": "EUR"}}, for the figures.
MAILAI_PRICES = read_prices(env.json("MAILAI_PRICES", {}))
# How much of a thread a prompt may carry, in characters.
MAILAI_PROMPT_BUDGET = env.int("MAILAI_PROMPT_BUDGET", 24_000)

# Mail. Reading a message may take so many seconds of processor time (three times as many by the clock) and bytes.
MAILAI_MAX_MESSAGE_BYTES = env.int("MAILAI_MAX_MESSAGE_BYTES", 50 * 1024**2)
MAILAI_READ_SECONDS = env.int("MAILAI_READ_SECONDS", 20, validate=validate.Range(min=1))
MAILAI_READ_MEMORY = env.int("MAILAI_READ_MEMORY", 1024**3, validate=validate.Range(min=256 * 1024**2))
# Mail by upload: bytes of one press, and bytes that a user may have waiting until workers have stored them.
MAILAI_UPLOAD_MAX_BYTES = env.int("MAILAI_UPLOAD_MAX_BYTES", 100 * 1024**2, validate=validate.Range(min=1))
MAILAI_UPLOAD_WAITING_BYTES = env.int("MAILAI_UPLOAD_WAITING_BYTES", 2 * MAILAI_UPLOAD_MAX_BYTES)
check_uploads(MAILAI_UPLOAD_MAX_BYTES, MAILAI_UPLOAD_WAITING_BYTES)
DATA_UPLOAD_MAX_NUMBER_FILES = 1000  # a folder of messages, picked at once
# Whose Authentication-Results count (RFC 8601): the names under which the receiving servers note them.
MAILAI_AUTHSERV_IDS: list[str] = env.list("MAILAI_AUTHSERV_IDS", [])

# Mail servers are named by users: no address inside this network, and no port but those of mail, unless said here.
MAILAI_MAIL_PRIVATE_HOSTS: list[str] = env.list("MAILAI_MAIL_PRIVATE_HOSTS", [])
MAILAI_MAIL_PORTS = {25, 143, 465, 587, 993, 2525, *env.list("MAILAI_MAIL_PORTS", [], subcast=int)}
MAILAI_MAIL_CA_FILE = env.str("MAILAI_MAIL_CA_FILE", "")
MAILAI_MAIL_TIMEOUT = env.float("MAILAI_MAIL_TIMEOUT", 30)
# Base analyses that fetched mail starts by itself, per user: without a limit, a flood of mail runs up a bill.
MAILAI_AUTO_ANALYSES_PER_DAY = env.int("MAILAI_AUTO_ANALYSES_PER_DAY", 200)

# Sessions, login, security
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_FAILURE_VIEW = "mailai.views.csrf_failure"
AUTHENTICATION_BACKENDS = ["mailai.auth.Backend"]
SESSION_ENGINE = "mailai.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", 14 * 24 * 3600)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
# Other sites under the same domain are asked nothing unless the operator says that all of them speak https.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", False)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # but for the route that the page frames mail from
# How many proxies stand before this server (see mailai/proxies.py). Django's own ways to trust one stay off.
MAILAI_TRUSTED_PROXIES = env.trusted_proxies()

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Languages, time, static files
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # a choice outlives the browser's session, as that of the theme does
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = PRODUCTION
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "mailai" / "locale"]
FORMAT_MODULE_PATH = "mailai.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "Europe/Berlin")

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None  # a demo serves them from where they lie
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"told_once": {"()": "mailai.postgres.outage.ToldOnce"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": sys.stderr}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
    "loggers": {
        "mailai.runs.ended": {
            "level": env.str("MAILAI_LOG_RUNS", "INFO")
        },  # one line per ended run: ids, codes, times
        "psycopg.pool": {"level": "ERROR"},  # a line for every try while the database is away
        "django.request": {"filters": ["told_once"]},
    },
}
