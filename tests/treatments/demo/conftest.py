"""The demo clinic, made once for all tests of this folder."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import override_settings

from treatments.demo import make_demo_clinic
from treatments.management.commands.seed_demo import empty_all_tables

NOW = datetime(2027, 6, 9, 19, 30, tzinfo=UTC)
"""Wednesday 9 June 2027, 3:30pm in New York and 12:30pm in San Francisco."""


@pytest.fixture(scope="package")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the clinic once: reading it changes nothing.

    Tests that ask for it stand in the group "demo", so that one process makes it for all.
    """
    with django_db_blocker.unblock():
        make_demo_clinic(now=NOW)
    yield
    with django_db_blocker.unblock(), override_settings(DEBUG=True):
        empty_all_tables()
