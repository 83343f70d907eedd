"""What is too large is dropped while it is read."""

import io

import pytest
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client, RequestFactory

from clinic.documents.bounds import LARGEST_REQUEST
from clinic.documents.limiting import TooLargeToKeep
from tests.factories.documents import MEGABYTE, picture

LIMIT = 10 * MEGABYTE


def sent(**fields: bytes):
    """Return a request with one file for each field, as a browser would send it."""
    files = {name: _named(content, f"{name}.jpg") for name, content in fields.items()}
    return RequestFactory().post("/", {"note": "kept", **files})


def _named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.fixture
def written(monkeypatch) -> list[int]:
    """Sizes of the chunks that reached the disk."""
    sizes: list[int] = []
    receive = TemporaryFileUploadHandler.receive_data_chunk

    def count(self, raw_data, start):
        sizes.append(len(raw_data))
        return receive(self, raw_data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", count)
    return sizes


def test_small_and_large_files_arrive_as_ever():
    request = sent(small=picture(), large=bytes(LIMIT))

    assert isinstance(request.FILES["small"], TemporaryUploadedFile)
    assert request.FILES["small"].read() == picture()
    assert request.FILES["large"].size == LIMIT
    assert isinstance(sent(small=picture()).FILES["small"], InMemoryUploadedFile)


def test_50_mb_are_read_but_not_written(written):
    request = sent(document=bytes(50 * MEGABYTE))

    file = request.FILES["document"]

    assert isinstance(file, TooLargeToKeep)
    assert (file.name, file.size, file.read()) == ("document.jpg", 50 * MEGABYTE, b"")
    assert sum(written) <= LIMIT
    assert request.POST["note"] == "kept"


def test_nothing_of_a_large_file_stays_on_the_disk(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    request = sent(first=bytes(3 * MEGABYTE), second=bytes(LIMIT + 1))

    assert request.FILES["first"].read() == bytes(3 * MEGABYTE)

    kept = [path.stat().st_size for path in tmp_path.iterdir()]
    assert kept == [3 * MEGABYTE]


def test_one_byte_too_many_is_too_large():
    request = sent(document=bytes(LIMIT + 1))

    assert isinstance(request.FILES["document"], TooLargeToKeep)


def test_file_after_a_large_one_is_kept():
    request = sent(first=bytes(LIMIT + 1), second=picture())

    assert request.FILES["first"].size == LIMIT + 1
    assert request.FILES["second"].read() == picture()


@pytest.mark.django_db
def test_page_with_csrf_protection_answers_50_mb():
    browser = Client(enforce_csrf_checks=True)
    browser.get("/accounts/login/")
    token = browser.cookies["csrftoken"].value
    large = _named(bytes(50 * MEGABYTE), "x.jpg")

    # The token stands behind the file, so all of it must have been read.
    response = browser.post(
        "/accounts/login/",
        {"file": large, "login": "nobody@example.com", "csrfmiddlewaretoken": token},
    )

    assert response.status_code in (200, 422)
    assert "nobody@example.com" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("length", "status"), [(LARGEST_REQUEST + 1, 413), (10**30, 413)])
def test_request_above_all_forms_is_refused_unread(client, length, status):
    body = io.BytesIO(b"never read")

    response = client.generic(
        "POST", "/accounts/login/", **{"CONTENT_LENGTH": str(length), "wsgi.input": body}
    )

    assert response.status_code == status
    assert "That was too large" in response.content.decode()
    assert body.tell() == 0


@pytest.mark.django_db
def test_api_says_it_as_a_problem(client):
    response = client.generic(
        "POST", "/api/v1/appointments", CONTENT_LENGTH=str(LARGEST_REQUEST + 1)
    )

    assert response.status_code == 413
    assert response.json()["code"] == "invalid"


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["", "x", "-5"])
def test_length_that_is_no_number_breaks_nothing(client, length):
    response = client.generic("GET", "/accounts/login/", CONTENT_LENGTH=length)

    assert response.status_code == 200
