"""The base of every typed "no": a reason with a stable code and words for people."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A request that a rule refuses. Pages show `message`; the API answers `code`."""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422
    message: str | Promise = _("That can't be done.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(str(self.message))


class AlreadyChanged(Refusal):
    """Somebody else changed the thing first."""

    code = "already_changed"
    status = 409
    message = _("Somebody changed this a moment ago. Here is how it stands now.")


class NotAllowed(Refusal):
    """The person may not do this."""

    code = "forbidden"
    status = 403
    message = _("You may not do this. Ask a manager if you think you should.")


class Busy(Refusal):
    """Too many people at once; nothing was changed and trying again is fine."""

    code = "busy"
    status = 503
    message = _("Many people are booking right now. Please try again in a moment.")
