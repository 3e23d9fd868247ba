from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0004_hand_off_refused"),
    ]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="neurologic_only",
            field=models.BooleanField(default=False),
        ),
    ]
