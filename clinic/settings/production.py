"""The real thing. Refuses to start with anything missing or made for the demo."""

from django.core.exceptions import ImproperlyConfigured

from clinic.settings.base import *
from clinic.settings.base import (
    ALLAUTH_TRUSTED_PROXY_COUNT,
    DEBUG,
    DEMO_MAILBOX,
    FIELD_ENCRYPTION_KEYS,
    SMS,
    STAFF_SECOND_FACTOR_REQUIRED,
    env,
)
from clinic.settings.connections import (
    application_database,
    broker_url,
    cache_url,
    caches,
    owner_database,
)
from clinic.settings.providers import mail_settings

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])


def refuse_unless(condition: object, words: str) -> None:
    """Stop the start with one sentence that says what to set."""
    if not condition:
        raise ImproperlyConfigured(words)


refuse_unless(
    len(SECRET_KEY) >= 50 and len(set(SECRET_KEY)) >= 10,
    "Set SECRET_KEY to at least 50 random characters.",
)
refuse_unless(ALLOWED_HOSTS, "Set ALLOWED_HOSTS to the host names of the site.")
refuse_unless("*" not in ALLOWED_HOSTS, "ALLOWED_HOSTS must name hosts, not '*'.")
for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL"):
    refuse_unless(env.str(name, default=""), f"Set {name}.")
refuse_unless(not DEBUG, "DEBUG must be off in production.")
refuse_unless(
    FIELD_ENCRYPTION_KEYS,
    "Set FIELD_ENCRYPTION_KEYS to at least one Fernet key: it encrypts second-factor secrets.",
)
refuse_unless(
    STAFF_SECOND_FACTOR_REQUIRED,
    "STAFF_SECOND_FACTOR_REQUIRED must be on in production: staff see health data.",
)
refuse_unless(
    not (DEMO_MAILBOX or env.bool("DEMO_MAILBOX", default=False)),
    "DEMO_MAILBOX must be off in production: it shows everybody's mail.",
)

refuse_unless(
    SMS["provider"] != "file", "SMS_URL must name a provider in production, or be left out."
)

DATABASE_OWNER = owner_database(None)
DATABASE_APPLICATION = application_database(None)
DATABASES = {"default": application_database(None)}
CACHES = caches(cache_url(None, 1))
CELERY_BROKER_URL = broker_url(None, 0)
BROKER_PROBE_URL = cache_url(None, 0)
globals().update(mail_settings())

# The probes of compose and of most platforms ask the process itself.
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if ALLAUTH_TRUSTED_PROXY_COUNT:
    # Believed only when we are told that a proxy of ours sets it: docs/operations.md.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
DEVICE_COOKIE_NAME = "__Host-device"
