"""The clinic's own tablets and computers: enrol this browser, see all, revoke."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.accounts.devices import device_of, forget_device, remember_device
from clinic.forms.locking import DeviceForm
from clinic.models import ClinicDevice
from clinic.permissions import ENROL_DEVICES
from clinic.selectors.devices import enrolled_devices
from clinic.services.devices import enrol_device, revoke_device
from clinic.views.access import SignedInRequest, needs


@require_http_methods(["GET", "HEAD", "POST"])
@needs(ENROL_DEVICES)
def devices(request: SignedInRequest) -> HttpResponse:
    """List the enrolled devices; POST enrols the browser that is in use."""
    this = device_of(request)
    form = DeviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _enrol(request, form, this)
    context = {
        "title": _("Devices of the clinic"),
        "form": form,
        "devices": enrolled_devices(),
        "this": this,
    }
    return render(request, "clinic/devices.html", context, status=422 if form.errors else 200)


@require_POST
@needs(ENROL_DEVICES)
def device_revoke(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Revoke a device."""
    device = get_object_or_404(ClinicDevice, public_id=public_id)
    this = device_of(request)
    revoke_device(device=device, by=request.user, now=timezone.now())
    messages.success(request, _("%(name)s is revoked.") % {"name": device.name})
    response = redirect("devices")
    if device == this:
        forget_device(response)
    return response


def _enrol(request: SignedInRequest, form: DeviceForm, this: ClinicDevice | None) -> HttpResponse:
    device, secret = enrol_device(
        name=form.cleaned_data["name"],
        location=form.cleaned_data["location"],
        replaces=this,
        by=request.user,
        now=timezone.now(),
    )
    messages.success(request, _("This browser is now “%(name)s”.") % {"name": device.name})
    response = redirect("devices")
    remember_device(response, secret)
    return response
