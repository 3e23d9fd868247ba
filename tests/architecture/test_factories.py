"""Every model of ours has a factory, and every factory makes a row that the database accepts."""

import inspect
from collections.abc import Callable
from typing import cast

import pytest
from django.apps import apps
from django.db import models
from factory.django import DjangoModelFactory

from tests import factories

OURS = {"kernel", "protocols", "patients", "schedules"}
FACTORIES: dict[type[models.Model], Callable[..., models.Model]] = {
    made._meta.model: cast("Callable[..., models.Model]", made)
    for _, made in inspect.getmembers(factories, inspect.isclass)
    if issubclass(made, DjangoModelFactory)
}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def test_every_model_has_a_factory() -> None:
    missing = [model._meta.label for model in our_models() if model not in FACTORIES]
    assert missing == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model._meta.label)
def test_factory_makes_rows_of_one_center(model: type[models.Model]) -> None:
    FACTORIES[model]()
    centers = {
        center
        for kin in our_models()
        if any(field.name == "center" for field in kin._meta.fields)
        for center in kin._default_manager.values_list("center_id", flat=True)
    }
    assert model._default_manager.exists()
    assert len(centers) <= 1
