"""For workers, beats and web servers that a test starts: its database, broker and provider."""

from clinic.settings.connections import caches
from clinic.settings.providers import mail_settings
from clinic.settings.test import *
from clinic.settings.test import INSTALLED_APPS, env

DATABASES = {"default": env.json("TEST_DATABASE")}
LOCAL_STACK = None
CELERY_BROKER_URL = env.str("TEST_BROKER")
BROKER_PROBE_URL = env.str("TEST_CACHE")
CACHES = caches(env.str("TEST_CACHE"))
INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.note_app.NoteApp"]
if env.str("EMAIL_URL", default=""):
    globals().update(mail_settings())
