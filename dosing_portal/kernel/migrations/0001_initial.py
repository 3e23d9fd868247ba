import django.contrib.postgres.fields
import django.db.models.deletion
import dosing_portal.kernel.models
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Sweep',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('finished_at', models.DateTimeField()),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Center',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('time_zone', models.CharField(max_length=64, validators=[dosing_portal.kernel.models.known_time_zone])),
                ('temperature_unit', models.CharField(choices=[('C', '°C'), ('F', '°F')], default='C', max_length=1)),
                ('weight_unit', models.CharField(choices=[('kg', 'kg'), ('lb', 'lb')], default='kg', max_length=2)),
                ('clinic_days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=dosing_portal.kernel.models.every_weekday, size=None)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('emergency_site', models.CharField(blank=True, max_length=120)),
                ('emergency_phone', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('time_zone', ''), _negated=True), name='center_has_time_zone'), models.CheckConstraint(condition=models.Q(('temperature_unit__in', ['C', 'F'])), name='center_temperature_unit_known')],
            },
        ),
        migrations.CreateModel(
            name='Staff',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff', to='kernel.center')),
                ('username', models.CharField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('role', models.CharField(choices=[('nurse', 'Nurse'), ('physician', 'Physician'), ('pharmacist', 'Pharmacist'), ('administrator', 'Administrator'), ('director', 'Medical director'), ('system', 'Portal')], max_length=16)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('role', 'system')), fields=('center',), name='one_system_account_a_center'), models.CheckConstraint(condition=models.Q(('role__in', ['nurse', 'physician', 'pharmacist', 'administrator', 'director', 'system'])), name='staff_role_known')],
            },
        ),
        migrations.CreateModel(
            name='ClosedDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closed_days', to='kernel.center')),
                ('day', models.DateField()),
                ('reason', models.CharField(max_length=120)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('center', 'day'), name='closed_day_once_a_center')],
            },
        ),
        migrations.CreateModel(
            name='SignInAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('username', models.CharField(max_length=80)),
                ('address', models.CharField(max_length=45)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['username', '-at'], name='sign_in_attempt_of_account'), models.Index(fields=['address', '-at'], name='sign_in_attempt_of_address')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='kernel.center')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('action', models.CharField(max_length=60)),
                ('target_type', models.CharField(max_length=40)),
                ('target_id', models.CharField(max_length=64)),
                ('patient_id', models.UUIDField(blank=True, null=True)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['center', '-id'], name='audit_of_center'), models.Index(fields=['center', 'patient_id', '-id'], name='audit_of_patient')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2f03bd5a441dbd353bcbd274575dfc2a8977a430', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5efc5', table='kernel_auditentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;", hash='7ec6de0788de98df8921031fa8f22f3e8f5ceb27', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_append_only_truncate_faf86', table='kernel_auditentry', when='BEFORE')),
        ),
    ]
