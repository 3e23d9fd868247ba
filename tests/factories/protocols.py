"""Protocols, their editions, and confirmed blocks of the record."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from protocols.models import BlockConfirmation, Protocol, ProtocolVersion, StockCount
from tests.factories.kernel import AT, CenterFactory, StaffFactory


class ProtocolFactory(DjangoModelFactory[Protocol]):
    class Meta:
        model = Protocol

    center = factory.SubFactory(CenterFactory)
    slug = factory.Sequence(lambda n: f"elranatamab-{n}")
    name = "Elranatamab, weekly"
    regimen = "elranatamab"
    schedule = factory.Sequence(lambda n: f"schedule-{n}")


class ProtocolVersionFactory(DjangoModelFactory[ProtocolVersion]):
    """An active edition, drafted and activated by two people; its document is a placeholder."""

    class Meta:
        model = ProtocolVersion

    class Params:
        draft = factory.Trait(state=ProtocolVersion.State.DRAFT, activated_at=None, activated_by=None)

    protocol = factory.SubFactory(ProtocolFactory)
    number = factory.Sequence(lambda n: n % 30_000 + 1)
    state = ProtocolVersion.State.ACTIVE
    document = factory.LazyAttribute(lambda version: {"name": version.protocol.name})
    content_hash = factory.LazyAttribute(
        lambda version: hashlib.sha256(json.dumps(version.document, sort_keys=True).encode()).hexdigest()
    )
    drafted_at = AT - timedelta(days=30)
    drafted_by = factory.SubFactory(
        StaffFactory, pharmacist=True, center=factory.SelfAttribute("..protocol.center")
    )
    activated_at = AT - timedelta(days=29)
    activated_by = factory.SubFactory(
        StaffFactory, director=True, center=factory.SelfAttribute("..protocol.center")
    )


class BlockConfirmationFactory(DjangoModelFactory[BlockConfirmation]):
    class Meta:
        model = BlockConfirmation

    confirmed_by = factory.SubFactory(StaffFactory, pharmacist=True)
    center = factory.SelfAttribute("confirmed_by.center")
    block = factory.Sequence(lambda n: f"elranatamab/standard/restart/sample-{n}")
    content_hash = factory.LazyAttribute(lambda made: hashlib.sha256(made.block.encode()).hexdigest())
    revision = "SAMPLE revision"
    sample = True
    confirmed_at = AT - timedelta(days=20)


class StockCountFactory(DjangoModelFactory[StockCount]):
    class Meta:
        model = StockCount

    center = factory.SubFactory(CenterFactory)
    product = "tocilizumab 400 mg in 20 mL"
    mg = Decimal(1600)
    counted_at = AT
    counted_by = factory.SubFactory(StaffFactory, center=factory.SelfAttribute("..center"))
