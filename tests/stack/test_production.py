"""Production settings: clean with all that they need, refusing with less."""

import pytest

from tests.support.check_production import check_production


def test_deployment_checks_have_nothing_to_say():
    result = check_production()

    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "", "SECRET_KEY"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SECRET_KEY", "x" * 80, "SECRET_KEY"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS"),
        ("DATABASE_URL", "", "DATABASE_URL"),
        ("DATABASE_OWNER_URL", "postgres://owner:secret@database/other", "DATABASE_OWNER_URL"),
        ("REDIS_URL", "", "REDIS_URL"),
        ("EMAIL_URL", "", "EMAIL_URL"),
        ("SITE_URL", "", "SITE_URL"),
        ("DEBUG", "on", "DEBUG"),
        ("STAFF_SECOND_FACTOR_REQUIRED", "off", "STAFF_SECOND_FACTOR_REQUIRED"),
        ("DEMO_MAILBOX", "on", "DEMO_MAILBOX"),
        ("FIELD_ENCRYPTION_KEYS", "", "FIELD_ENCRYPTION_KEYS"),
    ],
)
def test_production_refuses_to_start(name, value, words):
    result = check_production(**{name: value})

    assert result.returncode != 0
    assert "ImproperlyConfigured" in result.stderr
    assert words in result.stderr.splitlines()[-1]
