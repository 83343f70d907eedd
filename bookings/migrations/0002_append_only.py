"""Make the history of states append-only in the database.

Rows are neither updated nor deleted; TRUNCATE stays possible for the owner, which is
how a test database is emptied.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION bookings_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON bookings_statuschange
FOR EACH ROW EXECUTE FUNCTION bookings_refuse_change()
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION bookings_refuse_change()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER append_only ON bookings_statuschange"),
    ]
