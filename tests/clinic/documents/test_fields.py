"""Forms say what is wrong with a file before anybody opens it."""

import pytest
from django.http import QueryDict
from django.template import Context, Template
from django.utils.datastructures import MultiValueDict

from clinic.documents.limiting import TooLargeToKeep
from clinic.forms.base import HouseForm
from clinic.forms.documents import DocumentField, DocumentsField
from tests.factories.documents import MEGABYTE, PAYLOAD, pdf, picture, upload


class OneForm(HouseForm):
    document = DocumentField(label="Paper")


class SeveralForm(HouseForm):
    documents = DocumentsField(label="Papers")


class OptionalForm(HouseForm):
    document = DocumentField(label="Paper", required=False)
    documents = DocumentsField(label="Papers", required=False)


def one(*files) -> OneForm:
    return OneForm(QueryDict(), MultiValueDict({"document": list(files)}))


def several(*files) -> SeveralForm:
    return SeveralForm(QueryDict(), MultiValueDict({"documents": list(files)}))


@pytest.mark.parametrize("content", [pdf(), picture("JPEG"), picture("PNG")])
def test_document_of_each_kind_passes_whole(content):
    form = one(upload(content, "anything.txt"))

    assert form.is_valid()
    assert form.cleaned_data["document"].read() == content


UNKNOWN = "Please hand in a PDF, JPEG or PNG."
LARGE = "This file is larger than 10 MB. Please hand in a smaller one."


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (upload(PAYLOAD, "x.jpg"), UNKNOWN),
        (upload(picture("GIF"), "x.png"), UNKNOWN),
        (upload(b"", "x.pdf"), UNKNOWN),
        (upload(pdf() + bytes(10 * MEGABYTE), "x.pdf"), LARGE),
        (TooLargeToKeep("x.pdf", "application/pdf", 50 * MEGABYTE), LARGE),
    ],
)
def test_wrong_document_is_named_at_its_field(file, message):
    assert one(file).errors == {"document": [message]}
    assert several(file).errors == {"documents": [message]}


def test_missing_document_is_asked_for():
    message = ["Choose a PDF, JPEG or PNG."]

    assert one().errors == {"document": message}
    assert several().errors == {"documents": message}


def test_optional_documents_may_be_missing():
    form = OptionalForm(QueryDict(), MultiValueDict())

    assert form.is_valid()
    assert form.cleaned_data == {"document": None, "documents": []}


def test_five_documents_pass():
    form = several(*(upload(pdf()) for _ in range(5)))

    assert form.is_valid()
    assert len(form.cleaned_data["documents"]) == 5


def test_six_documents_are_too_many():
    form = several(*(upload(pdf()) for _ in range(6)))

    assert form.errors == {"documents": ["Hand in at most 5 files at once."]}


def test_wrong_one_among_several_is_named():
    form = several(upload(pdf()), upload(PAYLOAD, "hint.html"))

    assert form.errors == {"documents": [f"“hint.html”: {UNKNOWN}"]}


def test_field_has_label_hint_and_error():
    form = one(upload(PAYLOAD, "x.jpg"))

    page = Template("{% load crispy_forms_tags %}{% crispy form %}").render(Context({"form": form}))

    assert 'type="file"' in page
    assert 'accept=".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"' in page
    assert 'aria-invalid="true"' in page
    assert "A PDF, JPEG or PNG of up to 10 MB." in page
    assert UNKNOWN in page


def test_several_documents_are_chosen_at_one_control():
    assert " multiple" in str(several()["documents"])
    assert " multiple" not in str(one()["document"])
