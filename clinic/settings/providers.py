"""Which mail and text message providers the environment names."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

HTTP_TIMEOUT_SECONDS = (5, 10)
"""To connect, and to answer."""

BACKENDS = {"resend": "clinic.messaging.resend.EmailBackend"}
"""Ours, in place of anymail's own, where a provider knows idempotency keys."""

KEY_NAMES = {"mailersend": "API_TOKEN", "mailtrap": "API_TOKEN", "postmark": "SERVER_TOKEN"}
"""What a provider calls its key, where it is not API_KEY."""


def mail_settings(name: str = "EMAIL_URL") -> dict[str, Any]:
    """Return Django's mail settings: `smtp+tls://...` or `anymail+resend://KEY?option=value`."""
    url = env.str(name)
    if not url.startswith("anymail+"):
        return dict(env.email_url(name))
    parts = urlsplit(url)
    provider = parts.scheme.removeprefix("anymail+")
    prefix = provider.upper()
    options = {f"{prefix}_{key.upper()}": value for key, value in parse_qsl(parts.query)}
    if parts.netloc:
        options[f"{prefix}_{KEY_NAMES.get(provider, 'API_KEY')}"] = unquote(parts.netloc)
    return {
        "MAIL_PROVIDER": provider,
        "EMAIL_BACKEND": BACKENDS.get(provider, f"anymail.backends.{provider}.EmailBackend"),
        "ANYMAIL": {"REQUESTS_TIMEOUT": HTTP_TIMEOUT_SECONDS, **options},
    }


def sms_settings(url: str, folder: str) -> dict[str, Any]:
    """Return what sends text messages: nothing, `file:`, or `twilio://SID:TOKEN@?from=NUMBER`.

    Twilio's sender is `from`, a number, or `service`, the id of a messaging service.
    """
    if not url:
        return {"provider": ""}
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {"provider": "file", "folder": folder}
    if parts.scheme != "twilio":
        raise ImproperlyConfigured(f"SMS_URL knows file: and twilio://, not {parts.scheme}.")
    options = dict(parse_qsl(parts.query))
    sender = {"from_": options.get("from"), "messaging_service_sid": options.get("service")}
    login, _, token = parts.netloc.rpartition("@")[0].partition(":")
    if not (login and token and any(sender.values())):
        raise ImproperlyConfigured("SMS_URL of Twilio is twilio://SID:TOKEN@?from=%2B1...")
    return {
        "provider": "twilio",
        "account": unquote(login),
        "token": unquote(token),
        "sender": {key: value for key, value in sender.items() if value},
    }
