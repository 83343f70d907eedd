"""Documents of papers, for whoever may see the paper; nobody else learns that they exist."""

from uuid import UUID

from django.http import FileResponse, Http404
from django.views.decorators.http import require_safe

from clinic.models import CredentialDocument, User
from clinic.permissions import SEE_PAPER, VERIFY_PAPER, may
from clinic.views.access import SignedInRequest, signed_in
from clinic.views.documents import page_response, whole_response


@signed_in
@require_safe
def document(request: SignedInRequest, public_id: UUID) -> FileResponse:
    """Hand out a document whole, to be saved."""
    shown = _seen(request.user, public_id)
    return whole_response(shown.name, shown.original_name)


@signed_in
@require_safe
def document_page(request: SignedInRequest, public_id: UUID, number: int) -> FileResponse:
    """Hand out one page of a document as a picture; the first is 1."""
    return page_response(_seen(request.user, public_id).name, number)


def _seen(user: User, public_id: UUID) -> CredentialDocument:
    rows = CredentialDocument.objects.select_related("credential__practitioner")
    shown = rows.filter(public_id=public_id, credential__withdrawn_at=None).first()
    # What a verifier collected is not for the practitioner whose paper it is.
    permission = VERIFY_PAPER if shown is not None and shown.is_evidence else SEE_PAPER
    if shown is None or not may(user, permission, shown.credential):
        raise Http404
    return shown
