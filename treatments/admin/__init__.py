"""Protocols, which managers set up, and courses, which they can look at."""

from treatments.admin.courses import CourseAdmin
from treatments.admin.protocols import ProtocolAdmin

__all__ = ["CourseAdmin", "ProtocolAdmin"]
