"""Many guesses at one PIN at the same moment are no more than five."""

import pytest

from clinic.models import StaffPin
from clinic.services import pins
from clinic.services.pins import use_pin
from tests.concurrency.test_race import race
from tests.factories.clinic import SmallClinic, make_small_clinic
from tests.support.locking import PIN, WRONG_PIN, give_pin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

GUESSES = 16


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def looked_at(monkeypatch) -> list[str]:
    """The PINs that were compared with the right one."""
    seen: list[str] = []
    compare = pins.check_password

    def watched(typed: str, pin_hash: str) -> bool:
        seen.append(typed)
        return compare(typed, pin_hash)

    monkeypatch.setattr(pins, "check_password", watched)
    return seen


def guesses(clinic: SmallClinic) -> list:
    return [lambda: use_pin(user=clinic.rosa, pin=WRONG_PIN)] * GUESSES


def test_guesses_at_once_are_five_at_most(clinic: SmallClinic, looked_at) -> None:
    give_pin(clinic.rosa)
    looked_at.clear()

    outcomes, _ = race(guesses(clinic))

    assert looked_at == [WRONG_PIN] * 5
    assert sum(outcomes.values()) == GUESSES
    assert set(outcomes) <= {"WrongPin", "PinSpent"}
    assert StaffPin.objects.get().tries == 5
    with pytest.raises(pins.PinSpent):
        use_pin(user=clinic.rosa, pin=PIN)


def test_counted_after_the_look_guesses_are_more(
    clinic: SmallClinic, looked_at, monkeypatch
) -> None:
    def unguarded(user) -> bool:
        return StaffPin.objects.filter(user=user, tries__lt=pins.MAX_TRIES).exists()

    monkeypatch.setattr(pins, "_claim_try", unguarded)
    give_pin(clinic.rosa)
    looked_at.clear()

    race(guesses(clinic))

    assert len(looked_at) > 5
