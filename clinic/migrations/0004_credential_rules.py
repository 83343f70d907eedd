"""Hold the rules of papers in the database, and let them change the catalogue.

A check is appended, never by the practitioner whose paper it is; what was decided on
can't be altered; whatever slot search reads of papers changes the catalogue's version.
"""

from django.db import migrations

from clinic.models.append_only import append_only

TABLES = (
    "clinic_credentialtype",
    "clinic_credentialrequirement",
    "clinic_credential",
    "clinic_verification",
    "clinic_verificationbar",
)

CHANGE_CATALOGUE = """
CREATE TRIGGER change_catalogue_version
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION clinic_change_catalogue_version()
"""

NOT_BY_ONESELF = """
CREATE FUNCTION clinic_refuse_own_verification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM clinic_credential paper
        JOIN clinic_practitioner holder ON holder.id = paper.practitioner_id
        WHERE paper.id = NEW.credential_id AND holder.user_id = NEW.by_id
    ) THEN
        RAISE EXCEPTION 'nobody verifies the own paper' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_by_oneself BEFORE INSERT ON clinic_verification
FOR EACH ROW EXECUTE FUNCTION clinic_refuse_own_verification()
"""

FACTS_FIXED = """
CREATE FUNCTION clinic_fix_decided_paper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM clinic_verification
        WHERE credential_id = OLD.id AND result <> 'more_asked'
    ) THEN
        RAISE EXCEPTION 'a paper that was decided on is not altered'
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decided_is_fixed BEFORE UPDATE ON clinic_credential
FOR EACH ROW EXECUTE FUNCTION clinic_fix_decided_paper()
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0003_credentials")]

    operations = [
        *append_only("clinic_verification"),
        *append_only("clinic_verificationbar"),
        *[
            migrations.RunSQL(
                CHANGE_CATALOGUE.format(table=table),
                f"DROP TRIGGER change_catalogue_version ON {table}",
            )
            for table in TABLES
        ],
        migrations.RunSQL(
            NOT_BY_ONESELF,
            """
            DROP TRIGGER not_by_oneself ON clinic_verification;
            DROP FUNCTION clinic_refuse_own_verification()
            """,
        ),
        migrations.RunSQL(
            FACTS_FIXED,
            """
            DROP TRIGGER decided_is_fixed ON clinic_credential;
            DROP FUNCTION clinic_fix_decided_paper()
            """,
        ),
    ]
