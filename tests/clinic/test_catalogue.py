"""The snapshot of what can be booked is never older than the last change."""

import pytest
from django.db import connection, transaction

from clinic.models import Location, Practitioner, Segment
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NOW, make_small_clinic

pytestmark = pytest.mark.django_db


def test_snapshot_is_one_query_while_nothing_changes(django_assert_num_queries):
    make_small_clinic()
    first = catalogue()

    with django_assert_num_queries(1):
        again = catalogue()

    assert again is first


def test_bulk_update_is_seen():
    clinic = make_small_clinic()
    catalogue()

    Location.objects.update(slot_step_minutes=30)

    assert catalogue().locations[clinic.location.pk].slot_step_minutes == 30


def test_plain_sql_is_seen():
    clinic = make_small_clinic()
    catalogue()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_segment SET minutes = 40 WHERE kind = 'retention'")

    assert catalogue().services[clinic.follow_up.pk].client_minutes == 75


def test_offered_services_are_seen():
    clinic = make_small_clinic()
    catalogue()

    clinic.dora.services.add(clinic.follow_up)

    offering = catalogue().offering(clinic.follow_up.pk, clinic.location.pk)
    assert [person.name for person in offering] == ["Chen Li", "Dora Novak"]


def test_rolled_back_change_leaves_no_trace():
    clinic = make_small_clinic()
    catalogue()

    with transaction.atomic():
        Location.objects.update(slot_step_minutes=60)
        assert catalogue().locations[clinic.location.pk].slot_step_minutes == 60
        transaction.set_rollback(True)
    Location.objects.update(horizon_days=30)

    assert catalogue().locations[clinic.location.pk].slot_step_minutes == 15


def test_what_is_switched_off_is_not_in_it():
    clinic = make_small_clinic()
    Practitioner.objects.filter(pk=clinic.chen.pk).update(is_active=False)

    snapshot = catalogue()

    assert clinic.chen.pk not in snapshot.practitioners
    assert snapshot.locations_of(clinic.follow_up.pk, NOW) == []


def test_service_without_segments_is_not_offered():
    clinic = make_small_clinic()
    Segment.objects.filter(service=clinic.follow_up).delete()

    assert clinic.follow_up.pk not in catalogue().services
