"""Keep that a client has said "I'll be there", and to which version of the visit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0003_series"),
        ("clinic", "0006_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="promised_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="said “I'll be there” at"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="promised_version",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="of version"),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("promised_at__isnull", True), ("promised_version__isnull", True)),
                    models.Q(("promised_at__isnull", False), ("promised_version__isnull", False)),
                    _connector="OR",
                ),
                name="appointment_promised_whole",
            ),
        ),
    ]
