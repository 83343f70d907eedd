"""The tags of long lists: the same to the letter as an include, at a fraction of its time."""

from typing import NamedTuple

import pytest
from django.template import Context, Template
from django.utils.translation import override


class Free(NamedTuple):
    place: str
    url: str
    span: str
    who: str


AWKWARD = Free("at-1 for-2", "/book/?a=1&b=2", "9am to 10am", '<b>Chen</b> & "Co"')


def render(text: str, **values: object) -> str:
    return Template("{% load house %}" + text).render(Context(values)).strip()


def test_kept_component_reads_as_an_included_one() -> None:
    kept = render('{% kept "components/status.html" state="booked" late=False %}')
    included = render('{% include "components/status.html" with state="booked" late=False %}')

    assert kept == included
    assert "Booked" in kept


def test_kept_component_differs_with_its_values_and_the_language() -> None:
    clock = render('{% kept "components/icon.html" name="clock" %}')
    with override("de"):
        again = render('{% kept "components/icon.html" name="clock" %}')

    assert clock != render('{% kept "components/icon.html" name="alert" %}')
    assert clock == again


@pytest.mark.parametrize("gap", [AWKWARD, AWKWARD._replace(who="")])
@pytest.mark.parametrize("name", ["treatments/day_gap.html", "treatments/day_free.html"])
def test_cast_component_reads_as_an_included_one(name: str, gap: Free) -> None:
    cast = render(f'{{% cast "{name}" gap=gap %}}', gap=gap)

    assert cast == render(f'{{% include "{name}" %}}', gap=gap)
    assert "<b>Chen" not in cast
