"""Reasons to call a client whose visit needs cover."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0008_lighter_messages"),
    ]

    operations = [
        migrations.AlterField(
            model_name="callentry",
            name="reason",
            field=models.CharField(
                choices=[
                    ("changed_soon", "The clinic changed a visit that is soon"),
                    ("no_address", "No address to write to"),
                    ("undelivered", "A message could not be delivered"),
                    ("repair", "New dates wait for an answer"),
                    ("overdue", "No next visit is booked"),
                    ("cover", "A visit can't be treated as it is booked"),
                    ("offered", "An offered time waits for an answer"),
                    ("unanswered", "An offered time was not taken"),
                ],
                max_length=12,
                verbose_name="reason",
            ),
        ),
    ]
