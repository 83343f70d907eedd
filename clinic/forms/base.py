"""How every form of the house looks: labels, hints, errors, big options."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms


class HouseHelper(FormHelper):
    """Fields only: the page writes the form tag, the error summary and the button."""

    def __init__(self, form: forms.BaseForm | None = None) -> None:
        super().__init__(form)
        self.form_tag = False
        self.disable_csrf = True
        self.form_show_errors = True
        self.include_media = False


class HouseForm(forms.Form):
    """A plain form in the house style.

    In the page: `<form method="post" novalidate>`, `{% csrf_token %}`,
    `{% include "components/error_summary.html" %}`, `{% crispy form %}`, one button.
    Optional fields say "(optional)"; required ones carry no mark and no browser bubble,
    so that messages are ours, in words, at the field and in the summary.
    """

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.helper = HouseHelper()


class HouseModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form over a model in the house style; see `HouseForm`."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.helper = HouseHelper()
