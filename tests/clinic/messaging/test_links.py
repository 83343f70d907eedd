"""Links in messages: what is written is read, and nothing else is believed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.messaging.links import (
    Act,
    BrokenLink,
    ExpiredLink,
    Link,
    link_url,
    read,
    stop_headers,
    stop_url,
    write,
)
from clinic.models import Message, Purpose

NOW = datetime(2027, 6, 7, 12, 0, tzinfo=UTC)
EVENING = datetime(2027, 6, 10, 22, 30, tzinfo=UTC)


def test_link_says_what_was_written_until_the_end_of_its_last_day():
    token = write(Act.MOVE, 123_456, 3, EVENING)

    expected = Link(Act.MOVE, 123_456, 3, date(2027, 6, 10))
    assert read(token, NOW) == expected
    assert read(token, datetime(2027, 6, 10, 23, 59, 59, tzinfo=UTC)) == expected


def test_link_is_refused_from_the_day_after_and_says_what_it_was():
    token = write(Act.MOVE, 123_456, 3, EVENING)

    with pytest.raises(ExpiredLink) as refused:
        read(token, datetime(2027, 6, 11, 0, 0, tzinfo=UTC))

    assert refused.value.link.act is Act.MOVE


def test_address_is_short_enough_for_a_text_message():
    url = link_url(Act.PROMISE, 4_000_000, 12, EVENING)

    assert url.startswith("http://testserver/v/")
    assert url.endswith("/")
    assert len(url) - len("http://testserver") <= 33


@given(
    act=st.sampled_from(Act),
    about_id=st.integers(0, 2**63 - 1),
    version=st.integers(0, 2**31 - 1),
)
def test_every_link_is_read_as_it_was_written(act, about_id, version):
    link = read(write(act, about_id, version, EVENING), NOW)

    assert (link.act, link.about_id, link.version) == (act, about_id, version)


def test_no_single_letter_can_be_changed_left_out_or_added():
    token = write(Act.CANCEL, 77, 1, EVENING)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    changed = {
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in letters
    } - {token}
    shorter = {token[:place] + token[place + 1 :] for place in range(len(token))}
    longer = {token + letter for letter in letters}

    for forged in changed | shorter | longer | {token + "=", token + "\n"}:
        with pytest.raises(BrokenLink):
            read(forged, NOW)


@pytest.mark.parametrize("text", ["", "A", "____", "é", "\x00", "v" * 500, "%2e%2e", "AAAA" * 6])
def test_junk_is_no_link(text):
    with pytest.raises(BrokenLink):
        read(text, NOW)


def test_link_signed_with_another_key_is_refused(settings):
    token = write(Act.CANCEL, 77, 1, EVENING)

    settings.SECRET_KEY = "another-key-" + "y" * 50
    with pytest.raises(BrokenLink):
        read(token, NOW)


def test_link_signed_with_the_key_before_the_last_change_still_works(settings):
    token = write(Act.CANCEL, 77, 1, EVENING)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "y" * 50

    assert read(token, NOW).about_id == 77


def test_stop_link_says_what_it_stops():
    token = stop_url(5, Purpose.RECALL, Message.Channel.SMS, EVENING).split("/")[-2]

    link = read(token, NOW)

    assert (link.act, link.about_id) == (Act.STOP, 5)
    assert link.stops == (Purpose.RECALL, Message.Channel.SMS)


def test_stop_link_of_a_later_release_is_refused_not_guessed():
    token = write(Act.STOP, 5, 99, EVENING)

    with pytest.raises(BrokenLink):
        read(token, NOW).stops  # noqa: B018


def test_stop_headers_lead_to_the_address_that_acts_at_once():
    headers = dict(stop_headers(5, EVENING))

    url = headers["List-Unsubscribe"]
    assert url.startswith("<http://testserver/v/")
    assert url.endswith("/at-once/>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read(url.split("/")[-3], NOW).stops == (Purpose.RECALL, Message.Channel.EMAIL)
