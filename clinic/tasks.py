"""Background work about people; each task is safe to run twice."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from clinic.documents import storage
from clinic.messaging import dispatcher
from clinic.models import CredentialDocument, Message
from clinic.services import alerts, sign_in
from clinic.stopping import is_stopping


@shared_task
def remove_unconfirmed_users() -> int:
    """Remove the logins that were begun and never entered; return how many."""
    return sign_in.remove_unconfirmed_users(now=timezone.now())


# Acknowledged before it runs: the next one comes in ten seconds anyway, and what is acknowledged
# late is killed in the middle of its sending when the broker goes.
@shared_task(acks_late=False)
def send_due_messages() -> int:
    """Send what is due by now, for less than a minute; return how many were sent."""
    became = dispatcher.send_due(clock=timezone.now, is_over=is_stopping)
    return became[Message.State.SENT.value]


@shared_task
def remove_orphans() -> int:
    """Remove the documents of more than a day ago that no row names; return how many."""
    before = timezone.now() - timedelta(days=1)
    known = CredentialDocument.objects.values_list("name", flat=True)
    return len(storage.remove_orphans(set(known), before))


@shared_task
def raise_expiry_alerts() -> int:
    """Write the alerts of papers that run out and are due by now; return how many."""
    return len(alerts.raise_expiry_alerts(now=timezone.now()))
