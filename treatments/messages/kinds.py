"""All kinds of messages of this app."""

from clinic.messaging.registry import register, register_topic
from treatments.messages.care import GAP, MAINTENANCE, RECALLS, MaintenanceTopic, OverdueKind
from treatments.messages.courses import COURSE, ChangedKind, CourseTopic, PlannedKind
from treatments.messages.cover import CLIENT_COVER, COVERS, ClientCoverTopic
from treatments.messages.repairs import REPAIR, ProposedKind, RepairTopic
from treatments.messages.staff import COVER, DAY, CoverKind, CoverTopic, DayListKind, DayTopic

KINDS = (
    PlannedKind(),
    ChangedKind(),
    ProposedKind(),
    *COVERS,
    OverdueKind(),
    *RECALLS,
    DayListKind(),
    CoverKind(),
)


def register_messages() -> None:
    """Make the kinds known. Calling twice changes nothing."""
    for kind in KINDS:
        register(kind)
    register_topic(COURSE, CourseTopic())
    register_topic(GAP, CourseTopic())
    register_topic(REPAIR, RepairTopic())
    register_topic(CLIENT_COVER, ClientCoverTopic())
    register_topic(MAINTENANCE, MaintenanceTopic())
    register_topic(DAY, DayTopic())
    register_topic(COVER, CoverTopic())
