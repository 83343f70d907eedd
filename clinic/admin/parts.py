"""What several pages of the admin share."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse

from clinic.models import User
from clinic.refusals import Refusal


class RefusalsAsErrors(admin.ModelAdmin):
    """A page whose save hooks call services: what a rule refuses becomes an error of the form.

    All hooks of one save run in one transaction, `lock` before anything is read for it. When a
    service refuses, it is rolled back and the page is shown again with what was typed and the
    reason at `field_of_refusal` (or on top).
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save; once more, with the reason, after a refusal."""
        try:
            with transaction.atomic():
                if request.method == "POST" and object_id is not None:
                    self.lock(request, unquote(object_id))
                return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, which carries the refusal of this request if there was one."""
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal", None)
        if refusal is None:
            return form
        words = self.words_of(refusal)
        field = self.field_of_refusal(refusal)

        class Refused(form):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                cleaned = super().clean()
                self.add_error(field if field in self.fields else None, words)
                return cleaned

        return Refused

    def lock(self, request: HttpRequest, object_id: str) -> None:
        """Lock what a save of this row must not change beside somebody else; nothing, usually."""

    def field_of_refusal(self, refusal: Refusal) -> str | None:
        """Return the field that a refusal is about; None for the form as a whole."""
        return None

    def words_of(self, refusal: Refusal) -> list[str]:
        """Return what to say about a refusal."""
        return [str(refusal.message)]


class PlainChoices:
    """Choices of other rows without the shortcuts that change those rows."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class NoDelete:
    """Rows that others refer to are switched off, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NoDelete):
    """Rows that the pages and services write; here they can only be looked at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def signed_in(request: HttpRequest) -> User:
    """Return who works in the admin; its site lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def switched_off(form: Any, obj: models.Model) -> bool:
    """Tell whether this save takes something out of use."""
    return "is_active" in form.changed_data and not getattr(obj, "is_active", True)
