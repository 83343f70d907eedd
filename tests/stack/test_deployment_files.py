"""The files around the code."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.check_production import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]


def test_lock_file_names_hashes_and_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = [entry for name, entry in lock["packages"].items() if name]

    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages)
    assert not any("resolved" in entry for entry in packages)


def test_compose_runs_every_process_of_the_procfile():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    assert set(services) == {"database", "broker", "migrate", "web", "worker", "beat"}
    assert all("container_name" not in service for service in services.values())
    assert services["database"]["image"].startswith("postgres:18")


def test_compose_gives_the_owner_of_the_database_to_migrate_alone():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    with_owner = {name for name in services if "POSTGRES_PASSWORD:?" in str(services[name])}

    assert with_owner == {"database", "migrate"}
    for name in ("migrate", "web", "worker", "beat"):
        # Else the whole of .env would be theirs.
        assert services[name]["environment"]["POSTGRES_PASSWORD"] == ""


DEMANDED = sorted(name for name, value in PRODUCTION.items() if value)


@pytest.mark.parametrize("name", [name for name in DEMANDED if name != "DJANGO_SETTINGS_MODULE"])
def test_env_example_names_what_production_demands(name):
    assert f"{name}=" in (ROOT / ".env.example").read_text()
