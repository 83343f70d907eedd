"""Models of people, places, rosters and what can be booked."""

from clinic.models.access_log import AccessLog
from clinic.models.accounts import ApiToken, User
from clinic.models.append_only import AppendOnly, AppendOnlyError, AppendOnlyQuerySet
from clinic.models.catalogue import CatalogueVersion
from clinic.models.contact import CalendarFeed, CallEntry, Consent, DeadAddress, Purpose
from clinic.models.credentials import (
    Credential,
    CredentialDocument,
    CredentialRequirement,
    CredentialType,
    ExpiryAlert,
    Verification,
    VerificationBar,
)
from clinic.models.desk_notes import DeskNote
from clinic.models.devices import ClinicDevice, StaffPin
from clinic.models.message_rules import MessageRule
from clinic.models.messages import Heartbeat, Message, MessageQuerySet
from clinic.models.people import Client, Lane, Practitioner
from clinic.models.places import Location, Room
from clinic.models.resources import Reservable, Resource
from clinic.models.rosters import RosterException, RosterHours, Weekday
from clinic.models.services import Segment, Service

__all__ = [
    "AccessLog",
    "ApiToken",
    "AppendOnly",
    "AppendOnlyError",
    "AppendOnlyQuerySet",
    "CalendarFeed",
    "CallEntry",
    "CatalogueVersion",
    "Client",
    "ClinicDevice",
    "Consent",
    "Credential",
    "CredentialDocument",
    "CredentialRequirement",
    "CredentialType",
    "DeadAddress",
    "DeskNote",
    "ExpiryAlert",
    "Heartbeat",
    "Lane",
    "Location",
    "Message",
    "MessageQuerySet",
    "MessageRule",
    "Practitioner",
    "Purpose",
    "Reservable",
    "Resource",
    "Room",
    "RosterException",
    "RosterHours",
    "Segment",
    "Service",
    "StaffPin",
    "User",
    "Verification",
    "VerificationBar",
    "Weekday",
]
