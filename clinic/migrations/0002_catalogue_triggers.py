"""Change the catalogue's version with any change of what slot search reads."""

from django.db import migrations

TABLES = (
    "clinic_location",
    "clinic_room",
    "clinic_room_services",
    "clinic_service",
    "clinic_segment",
    "clinic_practitioner",
    "clinic_practitioner_services",
    "clinic_lane",
    "clinic_rosterhours",
    "clinic_rosterexception",
)

FUNCTION = """
CREATE FUNCTION clinic_change_catalogue_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clinic_catalogueversion SET version = gen_random_uuid();
    RETURN NULL;
END $$
"""

TRIGGER = """
CREATE TRIGGER change_catalogue_version
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION clinic_change_catalogue_version()
"""

KEEP_THE_ROW = """
CREATE FUNCTION clinic_keep_catalogue_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clinic_catalogueversion (version) VALUES (gen_random_uuid());
    RETURN NULL;
END $$;
CREATE TRIGGER keep_one_row AFTER TRUNCATE ON clinic_catalogueversion
FOR EACH STATEMENT EXECUTE FUNCTION clinic_keep_catalogue_version()
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO clinic_catalogueversion (version) VALUES (gen_random_uuid())",
            "DELETE FROM clinic_catalogueversion",
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION clinic_change_catalogue_version()"),
        *[
            migrations.RunSQL(
                TRIGGER.format(table=table),
                f"DROP TRIGGER change_catalogue_version ON {table}",
            )
            for table in TABLES
        ],
        migrations.RunSQL(
            KEEP_THE_ROW,
            """
            DROP TRIGGER keep_one_row ON clinic_catalogueversion;
            DROP FUNCTION clinic_keep_catalogue_version()
            """,
        ),
    ]
