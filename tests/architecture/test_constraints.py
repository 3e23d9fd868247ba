"""What must hold whoever writes the row: pairs of who and when, and facts that stay as they were written."""

from collections.abc import Iterator
from datetime import timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, connection, models, transaction

from dosing_portal.kernel.append_only import AppendOnly
from patients.models import HandOff, ToxicityEvent
from schedules.models import Alert, ResponseStep, TreatmentCourse, TreatmentDue, TreatmentOrder
from tests import factories
from tests.architecture.test_factories import FACTORIES, our_models
from tests.factories import AT

pytestmark = pytest.mark.django_db

Pair = tuple[type[models.Model], str]
GOES_WITH: dict[Pair, dict[str, object]] = {
    (Alert, "acknowledged"): {"state": "acknowledged", "next_escalation_at": None},
    (Alert, "resolved"): {"state": "resolved", "next_escalation_at": None},
    (TreatmentCourse, "ended"): {"state": "ended"},
    (ToxicityEvent, "confirmed"): {"confirmed_grade": 1},
    (ToxicityEvent, "closed"): {"state": "closed"},
    (HandOff, "accepted"): {"accepted_name": "Dr. Sample"},
    (HandOff, "refused"): {"refused_name": "Dr. Sample", "refused_reason": "no bed"},
    (ResponseStep, "settled"): {"state": "done"},
    (TreatmentDue, "settled"): {"state": "done"},
    (TreatmentOrder, "stopped"): {"stop_reason": "resolved"},
}
"""What else a row must say once the act is done."""


def pairs() -> Iterator[Pair]:
    """Every act with an actor: a model with both ``<act>_at`` and ``<act>_by``."""
    for model in our_models():
        names = {field.name for field in model._meta.fields}
        for name in sorted(names):
            act = name.removesuffix("_at")
            if act != name and f"{act}_by" in names:
                yield model, act


def appended() -> list[type[models.Model]]:
    return [model for model in our_models() if issubclass(model, AppendOnly)]


def label(value: object) -> str:
    return value._meta.label if isinstance(value, type) and issubclass(value, models.Model) else str(value)


ALL_PAIRS = list(pairs())


def test_the_walk_finds_pairs() -> None:
    found = {(model._meta.label, act) for model, act in ALL_PAIRS}
    assert ("schedules.Alert", "acknowledged") in found
    assert ("patients.Contact", "ended") in found
    assert len(found) >= 15


def is_required(model: type[models.Model], act: str) -> bool:
    return not any(model._meta.get_field(f"{act}_{part}").null for part in ("at", "by"))


@pytest.mark.parametrize(("model", "act"), ALL_PAIRS, ids=label)
def test_who_and_when_are_both_required_or_both_optional(model: type[models.Model], act: str) -> None:
    assert model._meta.get_field(f"{act}_at").null == model._meta.get_field(f"{act}_by").null


def write(model: type[models.Model], pk: object, **columns: object) -> None:
    """Straight into the table, past every form and service; triggers of append-only tables stand aside."""
    with pgtrigger.ignore(), transaction.atomic():
        model._default_manager.filter(pk=pk).update(**columns)


@pytest.mark.parametrize(("model", "act"), [pair for pair in ALL_PAIRS if not is_required(*pair)], ids=label)
@pytest.mark.parametrize("half", ["at", "by"])
def test_half_a_pair_is_refused_by_the_database(model: type[models.Model], act: str, half: str) -> None:
    row = FACTORIES[model](**whole(model, act))
    with pytest.raises(IntegrityError, match=f"{act}_at_and_by|{act}_when|has_a_next|closed_when"):
        write(model, row.pk, **{f"{act}_{half}": None})


def whole(model: type[models.Model], act: str) -> dict[str, object]:
    """The columns of a row on which the act was done."""
    done = {f"{act}_at": AT + timedelta(hours=1), f"{act}_by": factories.StaffFactory()}
    return done | GOES_WITH.get((model, act), {})


@pytest.mark.parametrize(("model", "act"), [pair for pair in ALL_PAIRS if is_required(*pair)], ids=label)
@pytest.mark.parametrize("half", ["at", "by"])
def test_a_required_pair_cannot_lose_a_half(model: type[models.Model], act: str, half: str) -> None:
    row = FACTORIES[model]()
    with pytest.raises(IntegrityError, match="not-null"):
        write(model, row.pk, **{f"{act}_{half}_id" if half == "by" else f"{act}_{half}": None})


# --- facts that are written once ------------------------------------------------------------------------


def test_the_facts_of_the_record_are_append_only() -> None:
    assert {model._meta.label for model in appended()} >= {
        "kernel.AuditEntry",
        "patients.Intervention",
        "patients.Observation",
        "patients.ToxicityGrading",
        "patients.WeightMeasurement",
        "protocols.BlockConfirmation",
        "schedules.Administration",
        "schedules.AlertEvent",
    }


@pytest.mark.parametrize("model", appended(), ids=label)
def test_a_fact_is_not_changed(model: type[models.Model]) -> None:
    row = FACTORIES[model]()
    column = next(field for field in model._meta.fields if not field.primary_key and not field.is_relation)
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        model._default_manager.filter(pk=row.pk).update(**{column.name: models.F(column.name)})
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        row.save()


@pytest.mark.parametrize("model", appended(), ids=label)
def test_a_fact_is_not_removed(model: type[models.Model]) -> None:
    row = FACTORIES[model]()
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        model._default_manager.filter(pk=row.pk)._raw_delete("default")
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", appended(), ids=label)
def test_a_table_of_facts_is_not_emptied(model: type[models.Model]) -> None:
    with (
        pytest.raises(InternalError, match="Cannot truncate"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')


def test_every_clinical_table_names_its_center() -> None:
    """Tables that hang on a row of one center only through their owner are listed here, with the owner."""
    through = {
        "kernel.Center": "itself",
        "kernel.Sweep": "the whole installation",
        "kernel.SignInAttempt": "nobody yet",
        "protocols.ProtocolVersion": "protocol",
        "schedules.AlertEvent": "alert",
    }
    without = {
        model._meta.label for model in our_models() if "center" not in {f.name for f in model._meta.fields}
    }
    assert without == set(through)
