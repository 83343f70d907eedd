"""The addresses of a visit, made once: a day of sixty visits shows each of them several times."""

from functools import lru_cache
from uuid import UUID

from django.urls import reverse


@lru_cache(maxsize=4096)
def visit_url(name: str, public_id: UUID) -> str:
    """Return an address of a visit by the name of its page; addresses never change."""
    return reverse(name, args=[public_id])
