"""Models of care: protocols, courses with their sessions, repairs, cover, maintenance."""

from treatments.models.courses import Course, CoursePause, Session, SessionVisit
from treatments.models.cover import CoverOffer, CoverPlan
from treatments.models.maintenance import Maintenance
from treatments.models.protocols import Protocol, ProtocolPhase
from treatments.models.repairs import Repair
from treatments.models.steps import CourseStep

__all__ = [
    "Course",
    "CoursePause",
    "CourseStep",
    "CoverOffer",
    "CoverPlan",
    "Maintenance",
    "Protocol",
    "ProtocolPhase",
    "Repair",
    "Session",
    "SessionVisit",
]
