"""Whom reception has spoken to."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clinic.models import CallEntry, User
from clinic.permissions import RUN_DESK, require
from clinic.refusals import Refusal


class CallSettled(Refusal):
    """The call is off the list: somebody else spoke to the client, or it is not needed."""

    code = "call_settled"
    status = 409
    message = _("This call is off the list already. See below who spoke to them.")


def settle_call(*, call: CallEntry, note: str, by: User, now: datetime) -> None:
    """Tick a call off as spoken to, with who and when.

    A conditional UPDATE on the open call: of two ticks the first is kept and the second
    raises `CallSettled`. Raises `NotAllowed`.
    """
    require(by, RUN_DESK)
    still_open = CallEntry.objects.filter(pk=call.pk, settled_at=None)
    if not still_open.update(settled_at=now, settled_by=by, note=note):
        raise CallSettled
