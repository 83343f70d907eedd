"""Background work about people; each task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from clinic.services import sign_in


@shared_task
def remove_unconfirmed_users() -> int:
    """Remove the logins that were begun and never entered; return how many."""
    return sign_in.remove_unconfirmed_users(now=timezone.now())
