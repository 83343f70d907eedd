"""What journeys share: a clinic, a visitor, a clock."""

from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser

from tests.factories.clinic import NOW, SmallClinic, make_small_clinic


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def clinic(db: None) -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def visitor() -> Browser:
    return Browser()
