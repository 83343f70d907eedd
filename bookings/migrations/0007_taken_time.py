"""Read what is taken by an index of its own, with a plan that each connection keeps."""

from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION bookings_taken_time(
    resources bigint[], opens timestamptz, closes timestamptz, cell_seconds integer,
    seen_at timestamptz, but_appointments bigint[]
) RETURNS TABLE (resource bigint, of_visits boolean, start_cells integer[], end_cells integer[])
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    origin CONSTANT float8 := date_part('epoch', opens);
    cells CONSTANT float8 := ceil((date_part('epoch', closes) - origin) / cell_seconds);
BEGIN
    RETURN QUERY
    SELECT taken.resource_id, taken.by_visit,
           array_agg(greatest(
               floor((date_part('epoch', lower(part)) - origin) / cell_seconds), 0)::integer),
           array_agg(least(
               ceil((date_part('epoch', upper(part)) - origin) / cell_seconds), cells)::integer)
    FROM (
        SELECT asked.resource_id, found.appointment_id IS NOT NULL AS by_visit,
               range_agg(found.during) AS parts
        FROM unnest(resources) AS asked(resource_id)
        JOIN bookings_reservation AS found
          ON found.resource_id = asked.resource_id
         AND lower(found.during) < closes
         AND lower(found.during) >= coalesce((
                SELECT lower(earlier.during) FROM bookings_reservation AS earlier
                WHERE earlier.resource_id = asked.resource_id AND lower(earlier.during) <= opens
                ORDER BY lower(earlier.during) DESC LIMIT 1), opens)
         AND upper(found.during) > opens
        WHERE (found.held_until IS NULL OR found.held_until > seen_at)
          AND (found.appointment_id IS NULL OR found.appointment_id <> ALL(but_appointments))
        GROUP BY asked.resource_id, by_visit
    ) AS taken, unnest(taken.parts) AS part
    GROUP BY taken.resource_id, taken.by_visit;
END $$
"""
"""Reservations of a resource never overlap, so that only the last one that begins before the
window can reach into it. PL/pgSQL since it plans once for each connection: planning took as
long as a third of the answer."""

DROP = """
DROP FUNCTION bookings_taken_time(
    bigint[], timestamptz, timestamptz, integer, timestamptz, bigint[])
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0006_retention")]

    operations = [
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                models.F("resource"),
                RangeStartsWith("during"),
                name="reservation_from",
                include=("during", "appointment", "held_until"),
            ),
        ),
        migrations.RunSQL(FUNCTION, DROP),
    ]
