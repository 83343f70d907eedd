"""What tests of the desk's pages share: a clinic, and Monday 7 June 2027, 8am in New York."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.factories.clinic import NOW, SmallClinic, make_small_clinic


@pytest.fixture
def clinic(db: None) -> Iterator[SmallClinic]:
    """Give the small clinic, with the clock at `NOW`."""
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()
