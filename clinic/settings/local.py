"""One machine, real parts: what `make run` and `manage.py` use."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from clinic.settings.base import *
from clinic.settings.base import (
    DATA_DIR,
    FIELD_ENCRYPTION_KEYS,
    derived_key,
    env,
    logging_to_stdout,
)
from clinic.settings.connections import (
    application_database,
    broker_url,
    cache_url,
    caches,
    embedded_stack,
    owner_database,
)
from clinic.settings.providers import mail_settings, sms_settings


def kept_secret(path: Path) -> str:
    """Return the secret of this data folder; made at random the first time it is asked for."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written whole before it gets its name: a second process never reads half of it.
        with NamedTemporaryFile("w", dir=path.parent) as file, suppress(FileExistsError):
            file.write(secrets.token_urlsafe(50))
            file.flush()
            os.link(file.name, path)
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret(DATA_DIR / "secret-key")
FIELD_ENCRYPTION_KEYS = FIELD_ENCRYPTION_KEYS or [derived_key(SECRET_KEY)]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", ".localhost", "127.0.0.1", "[::1]"])

LOCAL_STACK = embedded_stack(DATA_DIR, durable=True)
DATABASE_OWNER = owner_database(LOCAL_STACK)
DATABASE_APPLICATION = application_database(LOCAL_STACK)
DATABASES = {"default": application_database(LOCAL_STACK)}
CACHES = caches(cache_url(LOCAL_STACK, 1))
CELERY_BROKER_URL = broker_url(LOCAL_STACK, 0)
BROKER_PROBE_URL = cache_url(LOCAL_STACK, 0)

STAFF_SECOND_FACTOR_REQUIRED = env.bool("STAFF_SECOND_FACTOR_REQUIRED", default=False)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"

# The address that people are told to open: a sign-in at one host does not count at another.
SITE_URL = SITE_URL or f"http://localhost:{PORT}"

if env.str("EMAIL_URL", default=""):
    globals().update(mail_settings())
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    DEMO_MAILBOX = True
SMS = sms_settings(env.str("SMS_URL", default="file:"), str(DATA_DIR / "sms"))

DEMO_DATA_ALLOWED = True
LOGGING = logging_to_stdout("plain")
