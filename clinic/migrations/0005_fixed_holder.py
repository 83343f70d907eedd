"""Keep a practitioner's login once there are papers: nobody becomes a stranger to their own.

And keep the documents that were looked at: what a decision rests on is not exchanged.
"""

from django.db import migrations

from clinic.models.append_only import append_only

FIXED = """
CREATE FUNCTION clinic_fix_login_of_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM clinic_credential WHERE practitioner_id = OLD.id) THEN
        RAISE EXCEPTION 'a practitioner with papers keeps the login'
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER holder_keeps_login BEFORE UPDATE ON clinic_practitioner
FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id)
EXECUTE FUNCTION clinic_fix_login_of_holder()
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0004_credential_rules")]

    operations = [
        *append_only("clinic_credentialdocument"),
        migrations.RunSQL(
            FIXED,
            """
            DROP TRIGGER holder_keeps_login ON clinic_practitioner;
            DROP FUNCTION clinic_fix_login_of_holder()
            """,
        ),
    ]
