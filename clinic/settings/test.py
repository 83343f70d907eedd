"""Tests: the same real servers, in a data folder of their own."""

from clinic.settings.base import *
from clinic.settings.base import (
    DATA_DIR as RUN_DATA_DIR,
)
from clinic.settings.base import (
    PLAIN_STATIC_FILES,
    Path,
    derived_key,
    env,
    logging_to_stdout,
    storages,
)
from clinic.settings.connections import (
    application_database,
    broker_url,
    cache_url,
    caches,
    embedded_stack,
    owner_database,
)


def worker_number() -> int:
    """Return 0 for a plain run, and 1, 2, ... for the processes of pytest-xdist."""
    name = env.str("PYTEST_XDIST_WORKER", default="")
    return int(name.removeprefix("gw")) + 1 if name else 0


DEBUG = False
DATA_DIR = Path(env.str("TEST_DATA_DIR", default=str(RUN_DATA_DIR / "test"))).resolve()
SECRET_KEY = "only-for-tests-" + "x" * 50
FIELD_ENCRYPTION_KEYS = [derived_key(SECRET_KEY)]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

# A lost test cluster costs nothing, so it need not wait for the disk.
LOCAL_STACK = embedded_stack(DATA_DIR, durable=False)
DATABASE_OWNER = owner_database(LOCAL_STACK)
DATABASE_APPLICATION = application_database(LOCAL_STACK)
# Test databases are made, and emptied, by their owner.
DATABASES = {"default": owner_database(LOCAL_STACK)}
# Two numbered Redis databases for each test process.
CACHES = caches(cache_url(LOCAL_STACK, 2 * worker_number() + 1))
# A busy machine is no broken cache: what tests count must be counted.
CACHES["default"]["OPTIONS"].update(socket_timeout=10, socket_connect_timeout=10)
CELERY_BROKER_URL = broker_url(LOCAL_STACK, 2 * worker_number())
BROKER_PROBE_URL = cache_url(LOCAL_STACK, 2 * worker_number())

STORAGES = storages(PLAIN_STATIC_FILES)
STATIC_ROOT = DATA_DIR / "static"
DOCUMENTS_DIR = DATA_DIR / "documents"
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SITE_URL = "http://testserver"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SMS = {"provider": "file", "folder": str(DATA_DIR / "sms")}
MAIL_PROVIDER = "postmark"
ANYMAIL_WEBHOOK_SECRET = "provider:secret"  # noqa: S105
DEMO_MAILBOX = True
DEMO_DATA_ALLOWED = True
STAFF_SECOND_FACTOR_REQUIRED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
# Tests that count calls set limits of their own.
API_LIMITS: dict[str, int] = {}
PAGE_LIMITS: dict[str, int] = {}

LOGGING = logging_to_stdout("plain")
