"""What every test run gets: real servers, and a failure for whatever would only be a warning."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import caches

from clinic import local_stack
from clinic.cache import FailOpenRedisCache
from tests.support.logged_errors import ErrorRecorder, switched_off_loggers
from tests.support.sockets import forbid_outside_connections
from tests.support.template_variables import UndefinedVariable


def pytest_configure(config: pytest.Config) -> None:
    """Before any template or socket is used."""
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable()
    forbid_outside_connections(settings.BROKER_PROBE_URL)


@pytest.fixture(scope="session")
def servers() -> None:
    """Have PostgreSQL and Valkey up. The first test process that needs them starts them, the
    last one to end stops them; domain tests alone start nothing."""
    local_stack.ensure()


@pytest.fixture(scope="session")
def django_db_setup(servers: None, django_db_setup: None) -> None:
    """Make the test database of this process, once the servers are up."""


@pytest.fixture(autouse=True)
def answering_cache() -> None:
    """Ask the cache again, though it may not have been up yet for the test before."""
    cache = caches["default"]
    assert isinstance(cache, FailOpenRedisCache)
    cache.ask_again()


@pytest.fixture(autouse=True)
def no_logged_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that made the code log an error, unless it is marked `logs_errors`.

    And one after which no test would see an error any more.
    """
    off_before = switched_off_loggers()
    with ErrorRecorder() as recorder:
        yield
    assert switched_off_loggers() == off_before
    if recorder.lines and not request.node.get_closest_marker("logs_errors"):
        pytest.fail("logged: " + "; ".join(recorder.lines))
