"""What the desk does about messages that failed."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Message, User
from clinic.permissions import SEE_MESSAGES, require
from clinic.refusals import Refusal

State = Message.State


class NotFailed(Refusal):
    """The message is not among the failed ones: somebody else, or a first click, was faster."""

    code = "not_failed"
    status = 409
    message = gettext_lazy("This message is not among the failed ones any more.")


def try_again(*, message: Message, by: User, now: datetime) -> None:
    """Let a failed message be sent once more, with all its tries, as if nobody had tried.

    It is asked again whether it is still true, so what changed since is not sent. A
    conditional UPDATE on the failed state: of two clicks the second raises `NotFailed`.
    Raises `NotAllowed`.
    """
    require(by, SEE_MESSAGES)
    _from_failed(message, state=State.DUE, due_at=now, tries=0, recovered=False)


def try_all_again(*, by: User, now: datetime) -> int:
    """Let all failed messages be sent once more, as after a provider's bad day.

    Return how many. Calling twice changes nothing. Raises `NotAllowed`.
    """
    require(by, SEE_MESSAGES)
    return Message.objects.failed().update(state=State.DUE, due_at=now, tries=0, recovered=False)


def give_up(*, message: Message, by: User) -> None:
    """Leave a failed message unsent for good, with the name of whoever said so.

    A conditional UPDATE on the failed state: of two clicks the second raises `NotFailed`.
    Raises `NotAllowed`.
    """
    require(by, SEE_MESSAGES)
    reason = _("Given up by %(name)s.") % {"name": by.get_full_name()}
    _from_failed(message, state=State.SKIPPED, reason=reason[:200])


def _from_failed(message: Message, **changes: object) -> None:
    if not Message.objects.failed().filter(pk=message.pk).update(**changes):
        raise NotFailed
