"""Enrolling the clinic's own tablets and computers, and taking that back."""

import secrets
from datetime import datetime

from django.db import transaction

from clinic.models import ClinicDevice, Location, User
from clinic.permissions import ENROL_DEVICES, require
from clinic.selectors.devices import hash_of_secret


@transaction.atomic
def enrol_device(
    *,
    name: str,
    location: Location,
    replaces: ClinicDevice | None,
    by: User,
    now: datetime,
) -> tuple[ClinicDevice, str]:
    """Enrol a browser and return it with the secret for its cookie, which is stored nowhere.

    `replaces` is what the same browser was enrolled as before; it is revoked. By managers.
    Raises `NotAllowed`.
    """
    require(by, ENROL_DEVICES)
    if replaces is not None:
        revoke_device(device=replaces, by=by, now=now)
    secret = secrets.token_urlsafe(32)
    device = ClinicDevice.objects.create(
        name=name,
        location=location,
        secret_hash=hash_of_secret(secret),
        enrolled_at=now,
        enrolled_by=by,
    )
    return device, secret


def revoke_device(*, device: ClinicDevice, by: User, now: datetime) -> None:
    """Make a device a stranger's from now on; doing it again changes nothing.

    By managers. Raises `NotAllowed`.
    """
    require(by, ENROL_DEVICES)
    ClinicDevice.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now)
