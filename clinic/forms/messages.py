"""What a client allows us to send."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from clinic.models import Purpose
from clinic.selectors.reach import Channel, Reach, is_set_up

FIELDS: Mapping[str, tuple[Purpose, Channel]] = {
    "service_email": (Purpose.SERVICE, Channel.EMAIL),
    "service_sms": (Purpose.SERVICE, Channel.SMS),
    "recall_email": (Purpose.RECALL, Channel.EMAIL),
    "recall_sms": (Purpose.RECALL, Channel.SMS),
}


class MessagesForm(HouseForm):
    """One box for each purpose and channel; a box that is not ticked is a no.

    What can't be sent is not asked for, and what was said of it stays.
    """

    service_email = forms.BooleanField(label=_("By e-mail"), required=False)
    service_sms = forms.BooleanField(label=_("By text message"), required=False)
    recall_email = forms.BooleanField(label=_("By e-mail"), required=False)
    recall_sms = forms.BooleanField(label=_("By text message"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (_purpose, channel) in FIELDS.items():
            if not is_set_up(channel):
                del self.fields[name]

    def choices(self) -> dict[tuple[Purpose, Channel], bool]:
        """Return the answers."""
        return {FIELDS[name]: given for name, given in self.cleaned_data.items()}


class StopMarkForm(forms.Form):
    """An address that works again."""

    channel = forms.ChoiceField(choices=Channel.choices)
    address = forms.CharField(max_length=254)


def initial_of(reach: Reach) -> dict[str, Any]:
    """Return which boxes are ticked now."""
    return {name: reach.may(*choice) for name, choice in FIELDS.items()}
