"""The clinic's own tablets and computers, and whether a person has a PIN for them."""

import hashlib

from clinic.models import ClinicDevice, StaffPin, User


def hash_of_secret(secret: str) -> str:
    """Return the SHA-256 of a device's secret; it is random, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def device_of_secret(secret: str) -> ClinicDevice | None:
    """Return the enrolled device with a secret; None for a stranger's or a revoked one."""
    found = ClinicDevice.objects.filter(secret_hash=hash_of_secret(secret), revoked_at=None)
    return found.select_related("location").first()


def enrolled_devices() -> list[ClinicDevice]:
    """Return the devices that are enrolled, by location and name."""
    enrolled = ClinicDevice.objects.filter(revoked_at=None)
    return list(
        enrolled.select_related("location", "enrolled_by").order_by("location__name", "name", "pk")
    )


def has_pin(user: User) -> bool:
    """Tell whether a member of staff has set a PIN."""
    return StaffPin.objects.filter(user=user).exists()
