"""The small clinic with a folder for documents, and what its practitioners hand in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.factories.clinic import NOW, SmallClinic, make_small_clinic


@pytest.fixture(autouse=True)
def documents(settings: Any, tmp_path: Path) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    settings.DOCUMENTS_DIR.mkdir()
    return settings.DOCUMENTS_DIR


@pytest.fixture
def clinic(db: None) -> Iterator[SmallClinic]:
    with time_machine.travel(NOW, tick=True):
        yield make_small_clinic()
