"""Enter clients, link them with their logins, and keep their marks."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction

from clinic.models import AccessLog, Client, User
from clinic.permissions import ENTER_CLIENTS, require
from clinic.services.access_log import record_change


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """What a person says about themselves."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Marks:
    """Staff-only marks; they carry no reason."""

    needs_step_free: bool = False
    never_overlap: bool = False
    no_needling_before: date | None = None
    no_needling_until_cleared: bool = False


def enter_client(*, details: ClientDetails, marks: Marks, by: User) -> Client:
    """Enter a client at the desk, with or without an e-mail."""
    require(by, ENTER_CLIENTS)
    return Client.objects.create(
        name=details.name,
        email=details.email.lower(),
        phone=details.phone,
        needs_step_free=marks.needs_step_free,
        never_overlap=marks.never_overlap,
        no_needling_before=marks.no_needling_before,
        no_needling_until_cleared=marks.no_needling_until_cleared,
    )


@transaction.atomic
def update_client(
    *, client: Client, details: ClientDetails, marks: Marks, by: User, now: datetime
) -> Client:
    """Change what the desk knows of a client. The e-mail of a login is its owner's to change."""
    require(by, ENTER_CLIENTS)
    client.name = details.name
    client.phone = details.phone
    if client.user_id is None:
        client.email = details.email.lower()
    client.needs_step_free = marks.needs_step_free
    client.never_overlap = marks.never_overlap
    client.no_needling_before = marks.no_needling_before
    client.no_needling_until_cleared = marks.no_needling_until_cleared
    # Nothing else: the record may be claimed or merged in the same moment.
    client.save(update_fields=["name", "phone", "email", *(field.name for field in fields(Marks))])
    record_change(client=client, kind=AccessLog.Kind.CHANGED, by=by, now=now)
    return client


@transaction.atomic
def client_of_login(
    *, user: User, details: ClientDetails | None, is_adult: bool, now: datetime
) -> Client | None:
    """Return the client record of a login whose e-mail was confirmed by a code.

    A record that reception entered with this address is claimed if there is just one;
    otherwise one is made from `details` (None: no record is made). The login's row is
    locked, so that two tabs make one record. An adult's declaration is kept once given.
    """
    User.objects.select_for_update().get(pk=user.pk)
    client = Client.objects.filter(user=user).first() or _claim(user)
    if client is None:
        if details is None:
            return None
        client = Client(user=user, name=details.name, email=user.email, phone=details.phone)
    elif details is not None:
        client.name = details.name
        client.phone = details.phone
    if is_adult and client.adult_declared_at is None:
        client.adult_declared_at = now
    is_new = client.pk is None
    client.save(update_fields=None if is_new else ["name", "phone", "adult_declared_at"])
    return client


@transaction.atomic
def change_own_details(*, user: User, name: str, phone: str | None) -> User:
    """Change a person's own name, on the login and on their record, and the record's phone."""
    user.name = name
    user.save(update_fields=["name"])
    client = Client.objects.select_for_update().filter(user=user).first()
    if client is not None:
        client.name = name
        client.phone = phone or client.phone
        client.save(update_fields=["name", "phone"])
    return user


def change_address(*, user: User, email: str) -> None:
    """Write the new, confirmed address of a login on its client record, if it has one."""
    Client.objects.filter(user=user).update(email=email.lower())


def _claim(user: User) -> Client | None:
    records = Client.objects.filter(email__iexact=user.email, user=None, merged_into=None)
    found = list(records.order_by("pk")[:2])
    # Claimed or merged by somebody else in the same moment, it is not claimed again.
    if len(found) != 1 or not records.filter(pk=found[0].pk).update(user=user):
        return None
    found[0].refresh_from_db()
    return found[0]
