"""Root urls; the apps' own are included by dotted name."""

from anymail.urls import urlpatterns as anymail_urls
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from clinic.api import api, unknown_path
from clinic.messaging.links import PREFIX
from clinic.views import (
    credentials,
    demo_mailbox,
    feeds,
    handing_in,
    preferences,
    public,
    webhooks,
)
from clinic.views.account import my_details
from clinic.views.clients import client_edit, client_new, clients
from clinic.views.devices import device_revoke, devices
from clinic.views.entering import papers_enter
from clinic.views.health import healthz, readyz
from clinic.views.locking import awake, lock, pin, unsent
from clinic.views.messages import message_act, messages, messages_again
from clinic.views.paper_documents import document, document_page
from clinic.views.stopping import stop_at_once
from clinic.views.style_guide import style_guide

demo_mailbox_urls = [
    path("", demo_mailbox.mailbox, name="demo-mailbox"),
    path("<slug:file>/<int:number>/", demo_mailbox.mail, name="demo-mail"),
    path("<slug:file>/<int:number>/html/", demo_mailbox.mail_html, name="demo-mail-html"),
    path(
        "<slug:file>/<int:number>/files/<int:position>/",
        demo_mailbox.mail_file,
        name="demo-mail-file",
    ),
]

# What our mail provider tells of mails: only with a secret, and nothing that comes in by mail.
# The others' pages would fail at whatever is sent to them, for want of a key.
mail_webhook_urls = [
    item
    for item in anymail_urls
    if str(item.pattern).startswith(f"{settings.MAIL_PROVIDER}/")
    and "inbound" not in (item.name or "")
]

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.not_allowed"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    # A login is opened by the same code that signs in, so nobody learns who has one.
    path(
        "accounts/signup/",
        RedirectView.as_view(pattern_name="account_request_login_code", query_string=True),
    ),
    path("accounts/", include("allauth.urls")),
    path("me/details/", my_details, name="my-details"),
    path("me/messages/", preferences.my_messages, name="my-messages"),
    path("me/calendar/", feeds.my_feed, name="my-feed"),
    path("day/calendar/", feeds.day_feed, name="day-feed"),
    path("lock/", lock, name="lock"),
    path("awake/", awake, name="awake"),
    path("pin/", pin, name="pin"),
    path("unsent/", unsent, name="unsent"),
    path("devices/", devices, name="devices"),
    path("devices/<uuid:public_id>/revoke/", device_revoke, name="device-revoke"),
    path("demo/mailbox/", include(demo_mailbox_urls)),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    re_path(r"^api/", unknown_path),
    path("treatments/", public.services, name="services"),
    path("treatments/<slug:slug>/", public.service, name="service"),
    path("treatments/<slug:slug>/before/", public.service_before, name="service-before"),
    path("treatments/<slug:slug>/after/", public.service_after, name="service-after"),
    path("before-you-come/", public.before_you_come, name="before-you-come"),
    path("practitioners/", public.practitioners, name="practitioners"),
    path("practitioners/<slug:slug>/", public.practitioner, name="practitioner"),
    path("clients/", clients, name="clients"),
    path("clients/new/", client_new, name="client-new"),
    path("clients/<uuid:public_id>/edit/", client_edit, name="client-edit"),
    path("clients/<uuid:public_id>/messages/", preferences.client_messages, name="client-messages"),
    path(
        "clients/<uuid:public_id>/messages/works/",
        preferences.client_address_works,
        name="client-address-works",
    ),
    path("messages/", messages, name="messages"),
    path("messages/again/", messages_again, name="messages-again"),
    path("messages/<uuid:public_id>/", message_act, name="message-act"),
    path("webhooks/sms/", webhooks.sms_answered, name="sms-answered"),
    path("webhooks/sms/delivery/", webhooks.sms_delivery, name="sms-delivery"),
    path(f"{PREFIX}/<str:token>/at-once/", stop_at_once, name="link-stop-at-once"),
    path("verification/enter/", papers_enter, name="papers-enter"),
    path("credentials/", credentials.credentials, name="credentials"),
    path("credentials/new/", handing_in.credential_new, name="credential-new"),
    path("credentials/<uuid:public_id>/", credentials.credential, name="credential"),
    path("credentials/<uuid:public_id>/edit/", handing_in.credential_edit, name="credential-edit"),
    path("credentials/<uuid:public_id>/add/", handing_in.credential_add, name="credential-add"),
    path(
        "credentials/<uuid:public_id>/withdraw/",
        handing_in.credential_withdraw,
        name="credential-withdraw",
    ),
    path("documents/<uuid:public_id>/", document, name="document"),
    path("documents/<uuid:public_id>/pages/<int:number>/", document_page, name="document-page"),
    path("", include("bookings.urls")),
    path("", include("treatments.urls")),
]

if settings.ANYMAIL_WEBHOOK_SECRET:
    urlpatterns.append(path("webhooks/mail/", include((mail_webhook_urls, "anymail"))))

if settings.DEBUG:
    # Ours alone: the parts of the house with sample data.
    urlpatterns.append(path("style/", style_guide, name="style"))
