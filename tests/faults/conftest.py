"""What the tests of faults share: how much they do, and what they start and end."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache

from clinic.models import Message
from tests.factories.clinic import SmallClinic, make_small_clinic
from tests.support.messages import NOTE
from tests.support.processes import Broker, Group, own_broker

SOAK = bool(os.environ.get("SOAK"))
"""`make soak` does more of everything, for minutes."""


def several(short: int, long: int) -> int:
    """Return how many: in the suite, or in the soak."""
    return long if SOAK else short


@pytest.fixture
def clinic(transactional_db: None) -> SmallClinic:
    cache.clear()
    return make_small_clinic()


@pytest.fixture
def groups() -> Iterator[ExitStack]:
    """Kill what a test started, before its tables are emptied."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def keep(groups: ExitStack) -> Callable[[Group], Group]:
    """End a group when the test ends."""

    def kept(group: Group) -> Group:
        groups.callback(group.kill)
        return group

    return kept


@pytest.fixture
def broker(groups: ExitStack) -> Broker:
    return groups.enter_context(own_broker())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write_notes(clinic: SmallClinic, count: int, start: int = 0) -> None:
    """Write notes that are due now, numbered on from `start`."""
    now = datetime.now(UTC)
    Message.objects.bulk_create(
        Message(
            dedupe_key=f"{NOTE}:{number}:{uuid4()}",
            kind=NOTE,
            client=clinic.alice,
            location=clinic.location,
            about="note",
            about_id=number,
            due_at=now,
            created_at=now,
        )
        for number in range(start, start + count)
    )


def waiting() -> int:
    """Return how many messages are still to be sent."""
    return Message.objects.waiting().count()
