"""A folder of documents of its own for each test, and a look at what is in it."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def documents(settings, tmp_path) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return settings.DOCUMENTS_DIR
