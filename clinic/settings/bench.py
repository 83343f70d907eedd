"""What `manage.py bench` serves: as in production, on the benchmark's own database.

Less TLS, which a proxy ends, and with limits that no client of the benchmark reaches.
"""

from clinic.settings.base import *
from clinic.settings.base import PLAIN_STATIC_FILES, derived_key, env, storages
from clinic.settings.connections import caches

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = [derived_key(SECRET_KEY)]
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "treatments.bench.reference_urls"

# As the command that started us says.
DATABASES = {"default": env.json("BENCH_DATABASE")}
DATABASE_OWNER = DATABASE_APPLICATION = DATABASES["default"]
CACHES = caches(env.str("BENCH_CACHE"))
BROKER_PROBE_URL = env.str("BENCH_CACHE")
CELERY_BROKER_URL = env.str("BENCH_BROKER", default=BROKER_PROBE_URL)
EMAIL_BACKEND = "treatments.bench.slow_mail.EmailBackend"
SITE_URL = "https://bench.example"

# No page with files is measured, so nothing needs to be collected.
STORAGES = storages(PLAIN_STATIC_FILES)
STATIC_ROOT = BASE_DIR / "static"
API_LIMITS = {"read": 10**9, "write": 10**9}
# Lost races are what some of it is about: they are counted, not told.
LOGGING["loggers"]["django"]["level"] = "ERROR"
