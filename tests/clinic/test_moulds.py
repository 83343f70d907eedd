"""Filling a cast template reads the same as rendering it."""

import itertools
import re
from typing import NamedTuple

import pytest
from django.conf import settings
from django.template import Context, Engine
from django.utils.safestring import mark_safe
from django.utils.translation import override

from clinic.messaging import moulds
from clinic.messaging.moulds import render_message

SOURCE = """{% load i18n %}{% if name %}{% blocktranslate %}Hello {{ name }}!{% endblocktranslate %}
{% else %}Hello.{% endif %} {{ links.move }} {% if late %}late{% endif %}
{% blocktranslate with url=links.stop %}Stop: {{ url }}{% endblocktranslate %} {{ place }}"""


class Links(NamedTuple):
    move: str
    stop: str


@pytest.fixture(params=["one.txt", "one.html"])
def name(request, monkeypatch):
    engine = Engine(
        loaders=[("django.template.loaders.locmem.Loader", {request.param: SOURCE})],
        libraries={"i18n": "django.templatetags.i18n"},
    )
    monkeypatch.setattr(Engine, "get_default", lambda: engine)
    moulds._mould.cache_clear()
    yield request.param
    moulds._mould.cache_clear()


def plainly(name, words):
    template = Engine.get_default().get_template(name)
    return template.render(Context(words, autoescape=name.endswith(".html")))


def test_filled_mould_reads_like_the_template(name) -> None:
    names = ["", "Alice", "Bo & <b>", mark_safe("<i>Cy</i>"), "10% {{ late }} \ue000name\ue001"]
    places = ["", "14 Mercer Street", "“Höfe”"]
    for first, late, place in itertools.product(names, [True, False, None], places):
        links = Links("http://a/?x=1&y=2", first)
        words = {"name": first, "late": late, "place": place, "links": links}

        assert render_message(name, words) == plainly(name, words)


def test_template_is_rendered_once_a_shape(name) -> None:
    for first in ("Alice", "Bea", "Cy", ""):
        words = {"name": first, "late": False, "place": "Here", "links": Links("a", "b")}
        render_message(name, words)

    assert moulds._mould.cache_info().misses == 2


def test_words_of_another_sort_are_rendered_each_time(name) -> None:
    words = {"name": ["A", "B"], "late": 3, "place": "", "links": Links("a", "b")}

    assert render_message(name, words) == plainly(name, words)
    assert moulds._mould.cache_info().misses == 0


def test_each_language_has_a_mould_of_its_own(name) -> None:
    words = {"name": "A", "late": False, "place": "", "links": Links("a", "b")}
    render_message(name, words)
    with override("de"):
        render_message(name, words)

    assert moulds._mould.cache_info().misses == 2


def test_templates_of_messages_ask_of_a_text_only_whether_it_is_there() -> None:
    folder = settings.BASE_DIR / "templates" / "messages"
    tags = {
        (path.name, tag)
        for path in folder.rglob("*.*")
        for tag in re.findall(r"{%\s*(?:el)?if [^%]*%}|{{[^}]*}}", path.read_text())
    }

    assert len(tags) > 50
    assert [tag for tag in tags if re.search(r"[=<>|]|\bin\b", tag[1])] == []
