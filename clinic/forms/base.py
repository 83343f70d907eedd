"""How every form of the house looks and speaks: labels, hints, errors, big options."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _


class HouseHelper(FormHelper):
    """Fields only: the page writes the form tag, the error summary and the button."""

    def __init__(self, form: forms.BaseForm | None = None) -> None:
        super().__init__(form)
        self.form_tag = False
        self.disable_csrf = True
        self.include_media = False


class HouseStyle(forms.BaseForm):
    """What `HouseForm` and `HouseModelForm` share.

    In the page: `<form method="post" novalidate>`, `{% csrf_token %}`,
    `{% include "components/error_summary.html" %}`, `{% crispy form %}`, one button.
    Optional fields say "(optional)"; required ones carry no mark and no browser bubble:
    messages are ours, name their field, and read the same there and in the summary.
    """

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.helper = HouseHelper()
        for name, field in self.fields.items():
            _name_the_field(field, field.label or name)


class HouseForm(HouseStyle, forms.Form):
    """A plain form in the house style."""


class HouseModelForm(HouseStyle, forms.ModelForm):
    """A form over a model in the house style."""


def _missing_words(field: forms.Field, label: object) -> str:
    if isinstance(field, forms.BooleanField):
        return _("Tick “%(label)s” to go on.") % {"label": label}
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        return _("Choose an answer to “%(label)s”.") % {"label": label}
    return _("“%(label)s” is missing.") % {"label": label}


_missing = lazy(_missing_words, str)


def _name_the_field(field: forms.Field, label: object) -> None:
    """Replace Django's "This field is required.", which says nothing in a summary."""
    if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        field.error_messages["required"] = _missing(field, label)
