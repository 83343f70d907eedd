"""Which PINs are refused for being the ones that people try first."""

import pytest

from clinic.domain.pins import is_guessable, is_pin


@pytest.mark.parametrize(
    "pin",
    ["000000", "777777", "123456", "345678", "890123", "654321", "109876", "121212", "905905"],
)
def test_rows_and_repeats_are_guessable(pin: str) -> None:
    assert is_guessable(pin)


@pytest.mark.parametrize("pin", ["135790", "482915", "112233", "123450", "246802", "100001"])
def test_other_pins_are_not_guessable(pin: str) -> None:
    assert not is_guessable(pin)


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12345a", " 12345", "１２３４５６", "-12345"]
)
def test_what_is_not_six_digits_is_no_pin(text: str) -> None:
    assert not is_pin(text)


def test_six_digits_are_a_pin() -> None:
    assert is_pin("048291")
