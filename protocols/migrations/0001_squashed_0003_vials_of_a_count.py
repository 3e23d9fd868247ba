import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('protocols', '0001_initial'), ('protocols', '0002_every_event_answered'), ('protocols', '0003_vials_of_a_count')]

    initial = True

    dependencies = [
        ('kernel', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Protocol',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='kernel.center')),
                ('slug', models.SlugField()),
                ('name', models.CharField(max_length=120)),
                ('regimen', models.CharField(blank=True, max_length=40)),
                ('schedule', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('center', 'slug'), name='protocol_slug_in_center'), models.UniqueConstraint(fields=('center', 'regimen', 'schedule'), name='one_protocol_a_schedule')],
            },
        ),
        migrations.CreateModel(
            name='ProtocolVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('protocol', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='protocols.protocol')),
                ('number', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('retired', 'Retired')], default='draft', max_length=8)),
                ('document', models.JSONField()),
                ('content_hash', models.CharField(max_length=64)),
                ('drafted_at', models.DateTimeField()),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('activated_at', models.DateTimeField(blank=True, null=True)),
                ('activated_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['protocol', 'number'],
                'constraints': [models.UniqueConstraint(fields=('protocol', 'number'), name='protocol_version_number'), models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('protocol',), name='one_active_version_a_protocol'), models.CheckConstraint(condition=models.Q(models.Q(('activated_at__isnull', True), ('activated_by__isnull', True)), models.Q(('activated_at__isnull', False), ('activated_by__isnull', False)), _connector='OR'), name='protocol_version_activated_at_and_by'), models.CheckConstraint(condition=models.Q(('activated_by__isnull', True), models.Q(('activated_by', models.F('drafted_by')), _negated=True), _connector='OR'), name='protocol_version_activated_by_a_second_person')],
            },
        ),
        migrations.CreateModel(
            name='StockCount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='kernel.center')),
                ('place', models.CharField(blank=True, max_length=120)),
                ('product', models.CharField(max_length=60)),
                ('mg', models.DecimalField(decimal_places=1, max_digits=8)),
                ('vial_mg', models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('counted_at', models.DateTimeField()),
                ('counted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['counted_at'],
                'abstract': False,
                'indexes': [models.Index(fields=['center', 'place', '-counted_at'], name='stock_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('mg__gte', 0)), name='stock_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='BlockConfirmation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='kernel.center')),
                ('block', models.CharField(max_length=120)),
                ('content_hash', models.CharField(max_length=64)),
                ('revision', models.CharField(max_length=60, verbose_name='revision of the prescribing information')),
                ('sample', models.BooleanField(default=False)),
                ('confirmed_at', models.DateTimeField()),
                ('confirmed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('center', 'block', 'content_hash'), name='block_confirmed_once'), models.CheckConstraint(condition=models.Q(('revision', ''), _negated=True), name='confirmation_names_revision')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='blockconfirmation',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0591930252908a5022fb63a071745ef560d62fe3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6d721', table='protocols_blockconfirmation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='blockconfirmation',
            trigger=pgtrigger.compiler.Trigger(name='append_only_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;", hash='f96ef0fc09167537de76793862d8ac1b4574521f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_append_only_truncate_ca437', table='protocols_blockconfirmation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='protocolversion',
            trigger=pgtrigger.compiler.Trigger(name='edition_is_read_only', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" IN (\'active\', \'retired\') AND (OLD."document" IS DISTINCT FROM (NEW."document") OR OLD."content_hash" IS DISTINCT FROM (NEW."content_hash")))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='e56a720510b74ab8937a6fd8d891bdd9b7ffd5a3', operation='UPDATE', pgid='pgtrigger_edition_is_read_only_5a2de', table='protocols_protocolversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='protocolversion',
            trigger=pgtrigger.compiler.Trigger(name='edition_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='0572c338d5d0c12baf2553e3a46f7ecd5bae8843', operation='DELETE', pgid='pgtrigger_edition_is_kept_657c4', table='protocols_protocolversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6353c2a59dd41e0d68f68f46776cfc5e95bc7e79', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cba7c', table='protocols_stockcount', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='append_only_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;", hash='7f2e39aff4a3e8640cfc173221219068d406b9b3', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_append_only_truncate_b9826', table='protocols_stockcount', when='BEFORE')),
        ),
    ]
