from django.db import migrations, models

# Tokens from before get as long as a new one, so that nobody is locked out by an update.
GIVE_THE_USUAL = "UPDATE clinic_apitoken SET expires_at = now() + interval '90 days'"


class Migration(migrations.Migration):
    dependencies = [("clinic", "0011_looks_at_courses")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(null=True, verbose_name="valid until"),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="last_used_date",
            field=models.DateField(blank=True, null=True, verbose_name="last used on"),
        ),
        migrations.RunSQL(GIVE_THE_USUAL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(verbose_name="valid until"),
        ),
    ]
