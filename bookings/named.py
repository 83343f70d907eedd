"""What requests of the API name: slugs and public ids that stand for something, or a refusal."""

import uuid

from django.utils.translation import gettext as _

from bookings.selectors.appointments import client_of
from clinic.models import Client, User
from clinic.permissions import RUN_DESK, may
from clinic.problems import ApiRefusal, invalid, unknown
from clinic.selectors.catalogue import Catalogue, LocationFacts, ServiceFacts


def service_named(snapshot: Catalogue, slug: str) -> ServiceFacts:
    """Return the service with this slug, or refuse."""
    found = snapshot.service(slug)
    if found is None:
        raise unknown(_("There is no such service."))
    return found


def location_named(snapshot: Catalogue, slug: str) -> LocationFacts:
    """Return the location with this slug, or refuse."""
    found = snapshot.location(slug)
    if found is None:
        raise unknown(_("There is no such location."))
    return found


def practitioner_named(snapshot: Catalogue, public_id: uuid.UUID | None) -> int | None:
    """Return the id of the practitioner with this public id, or refuse; None for nobody."""
    if public_id is None:
        return None
    found = snapshot.practitioner(public_id)
    if found is None:
        raise unknown(_("There is no such practitioner."))
    return found.id


def client_named(user: User, public_id: uuid.UUID | None) -> Client:
    """Return the client that a login books for: its own; the desk names one. Or refuse."""
    own = client_of(user)
    if public_id is not None:
        if may(user, RUN_DESK):
            own = Client.objects.filter(public_id=public_id, merged_into=None).first()
        elif own is None or own.public_id != public_id:
            own = None
        if own is None:
            raise unknown(_("There is no such client."))
    elif own is None and may(user, RUN_DESK):
        raise invalid("client", _("Say for which client."))
    if own is None:
        raise ApiRefusal(403, "forbidden", _("This login has no client record yet."))
    return own
