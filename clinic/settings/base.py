"""What every set-up shares. Use local, test or production, never this module itself."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from clinic.settings.connections import BROKER_TIMEOUT_SECONDS
from clinic.settings.providers import sms_settings

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).expanduser().resolve()
PORT = env.int("PORT", default=8000)
DEBUG = env.bool("DEBUG", default=False)
MAINTENANCE = env.bool("MAINTENANCE", default=False)
LOCAL_STACK = None
CLINIC_NAME = "Meridian"

INSTALLED_APPS = [
    # Ours come first, so that our templates win over those of the packages.
    "treatments",
    "bookings",
    "clinic",
    "clinic.admin_site.HouseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "ninja",
    "rules",
    "phonenumber_field",
    "csp",
    "anymail",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.middleware.ContentPolicy",
    "clinic.middleware.PrivatePages",
    "clinic.problems.ApiProblems",
    "clinic.maintenance.Maintenance",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "clinic.documents.limiting.LargestRequest",
    "django.middleware.common.CommonMiddleware",
    "clinic.middleware.MethodsInWords",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "clinic.accounts.locking.IdleLock",
    "clinic.middleware.StaffSecondFactor",
    "clinic.middleware.AccountMailTrouble",
    "clinic.middleware.KeptLooks",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
ASGI_APPLICATION = "clinic.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "csp.context_processors.nonce",
    "clinic.context_processors.house",
    "bookings.context_processors.desk",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Languages, time. Instants are UTC; each location has its own zone.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DEFAULT_REGION = "US"

# Files. Third-party ones come from package-lock.json, ours from static/.
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap", NODE_MODULES / "bootstrap" / "dist"),
    ("event-calendar", NODE_MODULES / "@event-calendar" / "build" / "dist"),
    ("fonts/figtree", NODE_MODULES / "@fontsource-variable" / "figtree"),
    ("fonts/fraunces", NODE_MODULES / "@fontsource-variable" / "fraunces"),
]
HASHED_STATIC_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
PLAIN_STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"


def storages(static_files: str) -> dict[str, Any]:
    """Return Django's STORAGES with the given storage of static files."""
    return {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": static_files},
    }


STORAGES = storages(PLAIN_STATIC_FILES if DEBUG else HASHED_STATIC_FILES)
# Documents are kept outside anything that is served; a view hands them out.
DOCUMENTS_DIR = Path(env.str("DOCUMENTS_DIR", default=str(DATA_DIR / "documents")))
# The first stops what is too large before the others keep it.
FILE_UPLOAD_HANDLERS = [
    "clinic.documents.limiting.LargestFile",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# People.
AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/me/"
LOGOUT_REDIRECT_URL = "/"

ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
ACCOUNT_ADAPTER = "clinic.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "clinic.forms.account.PasswordForm",
    "add_email": "clinic.forms.account.AddressForm",
    "change_password": "clinic.forms.account.ChangePasswordForm",
    "set_password": "clinic.forms.account.SetPasswordForm",
    "reset_password": "clinic.forms.account.ForgottenPasswordForm",
    "reset_password_from_key": "clinic.forms.account.NewPasswordForm",
    "reauthenticate": "clinic.forms.account.StillYouForm",
    "confirm_email_verification_code": "clinic.forms.account.EnterEmailCodeForm",
    "confirm_password_reset_code": "clinic.forms.account.EnterResetCodeForm",
    "request_login_code": "clinic.forms.account.RequestCodeForm",
    "confirm_login_code": "clinic.forms.account.EnterCodeForm",
}
# In place of allauth's own limits. Codes: with 5 tries each, at most 150 guesses in a million a
# day for each of the three doors that a code opens: signing in, a new password, a new address.
CODES_FOR_AN_ADDRESS = "3/m/key,10/h/key,30/d/key"
ACCOUNT_RATE_LIMITS = {
    "request_login_code": f"20/m/ip,{CODES_FOR_AN_ADDRESS}",
    "reset_password": f"20/m/ip,{CODES_FOR_AN_ADDRESS}",
    "confirm_email": f"1/10s/key,{CODES_FOR_AN_ADDRESS}",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
MFA_ADAPTER = "clinic.accounts.mfa.MFAAdapter"
# Fernet keys, the newest first. They encrypt the secrets of second factors, apart from SECRET_KEY.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
MFA_FORMS = {
    "authenticate": "clinic.forms.account.SecondStepForm",
    "activate_totp": "clinic.forms.account.AuthenticatorAppForm",
    "add_webauthn": "clinic.forms.account.PasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Meridian"
# No write on every page; the list of sessions says when each began.
USERSESSIONS_TRACK_ACTIVITY = False
# Staff must have a second factor. The demo may switch it off; production refuses to.
STAFF_SECOND_FACTOR_REQUIRED = env.bool("STAFF_SECOND_FACTOR_REQUIRED", default=True)
# The page that shows every mail that went out. Only local and test set-ups have it.
DEMO_MAILBOX = False
# Demo data brings logins with known passwords. Only local and test set-ups take it.
DEMO_DATA_ALLOWED = False

# Sessions live in PostgreSQL, so a frozen Redis signs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# A staff screen that is left alone locks after this time (design.md 13). The cookie by which the
# clinic's own tablets are known.
IDLE_LOCK = timedelta(seconds=env.int("IDLE_LOCK_SECONDS", default=15 * 60))
DEVICE_COOKIE_NAME = "device"

# Headers.
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Calls of the JSON API a minute, per account or, for visitors, per address; 0 means no limit.
API_LIMITS = {
    "read": env.int("API_READS_PER_MINUTE", default=600),
    "write": env.int("API_WRITES_PER_MINUTE", default=60),
}
# The same for pages. A hold takes a time from everybody else for ten minutes, so nobody can
# take more than a few of them in that time, with or without cookies.
PAGE_LIMITS = {
    "hold": env.int("HOLDS_PER_MINUTE", default=20),
    "hold_in_ten_minutes": env.int("HOLDS_IN_TEN_MINUTES", default=40),
    "plan": env.int("PLAN_PAGES_PER_MINUTE", default=60),
    "link": env.int("LINK_PAGES_PER_MINUTE", default=60),
}

# Mail: sent at once only for accounts, with a short timeout.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Meridian <hello@meridian.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 5
# Where the file backend of a demo puts mail.
EMAIL_FILE_PATH = DATA_DIR / "mail"
# "name:password" with which a mail provider calls /webhooks/mail/; without it nobody does.
# Which provider that is; EMAIL_URL names it where mail goes out by its interface.
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="")
ANYMAIL_WEBHOOK_SECRET = env.str("MAIL_WEBHOOK_SECRET", default="")
# Where links in messages lead, without a slash at the end.
SITE_URL = env.str("SITE_URL", default="").rstrip("/")
# Whom messages come from; neutral, since the clinic's name may tell.
MESSAGE_SENDER_NAME = env.str("MESSAGE_SENDER_NAME", default=CLINIC_NAME)
# How long a confirmation waits, so that an undo sends nothing.
MESSAGE_GRACE = timedelta(seconds=env.int("MESSAGE_GRACE_SECONDS", default=180))
# A worker that is lost gives its messages back after this time.
MESSAGE_LEASE = timedelta(seconds=env.int("MESSAGE_LEASE_SECONDS", default=120))
# How many messages each worker process hands to a provider at once, by each channel.
MESSAGE_SENDERS = env.int("MESSAGE_SENDERS", default=8)
# Who sends text messages; without one they are left out.
SMS = sms_settings(env.str("SMS_URL", default=""), str(DATA_DIR / "sms"))

# Celery. Why each of these is set on purpose: docs/operations.md.
VISIBILITY_SECONDS = 300
TRANSPORT = {
    "visibility_timeout": VISIBILITY_SECONDS,
    "socket_timeout": BROKER_TIMEOUT_SECONDS,
    "socket_connect_timeout": BROKER_TIMEOUT_SECONDS,
}
CELERY_BROKER_TRANSPORT_OPTIONS = TRANSPORT
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = TRANSPORT
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_SECONDS
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_TIMEOUT_SECONDS
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")


def derived_key(secret: str) -> str:
    """Return a Fernet key made from another secret: for one machine and for tests only."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()


def logging_to_stdout(style: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything to standard output, as "plain" lines or "json"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "clinic.logs.JsonFormatter"},
            "plain": {
                "()": "clinic.logs.PlainFormatter",
                "fmt": "%(levelname)s %(name)s: %(message)s",
            },
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": style,
            }
        },
        "root": {"handlers": ["stdout"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would print each line again, or mail it.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Each round of each task, several a minute; what fails is an error all the same.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # Says each request at INFO.
            "twilio.http_client": {"level": "WARNING"},
        },
    }


LOGGING = logging_to_stdout("json")
