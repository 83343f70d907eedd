"""`make check`: Django's deployment checks on the production settings, nothing silenced."""

import base64
import os
import subprocess
import sys

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "clinic.settings.production",
    "SECRET_KEY": "checks-only 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ",
    "ALLOWED_HOSTS": "meridian.example",
    "DATABASE_URL": "postgres://meridian:secret@database/meridian",
    "REDIS_URL": "redis://broker:6379/0",
    "SITE_URL": "https://meridian.example",
    "EMAIL_URL": "smtp+tls://meridian:secret@mail.example:587",
    "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "DEBUG": "off",
    "STAFF_SECOND_FACTOR_REQUIRED": "on",
    # The browser tests set it for their own process.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "",
}
COMMAND = (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING")


def check_production(**changes: str) -> subprocess.CompletedProcess[str]:
    """Run the checks with settings that suffice, changed as asked; an empty value is not set."""
    wanted = {**os.environ, **PRODUCTION, **changes}
    environment = {name: value for name, value in wanted.items() if value}
    return subprocess.run(
        COMMAND, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


if __name__ == "__main__":
    result = check_production()
    sys.stdout.write(result.stdout + result.stderr)
    sys.exit(result.returncode)
