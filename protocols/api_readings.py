"""A set of observations as JSON: what the vitals of a patient and the grade calculator both read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from dosing_portal.kernel.api import Strict, choices_of
from protocols.rules import values

SMALL = 32767  # what a column holds; what is possible in a person is the protocol's to say


class TemperatureField(serializers.Serializer[Any]):
    value = serializers.DecimalField(max_digits=5, decimal_places=2)
    unit = serializers.ChoiceField(choices=choices_of(values.TemperatureUnit))


class OxygenField(serializers.Serializer[Any]):
    device = serializers.ChoiceField(choices=choices_of(values.OxygenDevice))
    flow_lpm = serializers.DecimalField(
        max_digits=4, decimal_places=1, min_value=0, required=False, allow_null=True
    )
    reason = serializers.ChoiceField(choices=choices_of(values.OxygenReason), required=False, allow_null=True)


class IceField(serializers.Serializer[Any]):
    """Each item of the ICE test; an item left out was not tested."""

    year = serializers.BooleanField(required=False, allow_null=True, default=None)
    month = serializers.BooleanField(required=False, allow_null=True, default=None)
    city = serializers.BooleanField(required=False, allow_null=True, default=None)
    hospital = serializers.BooleanField(required=False, allow_null=True, default=None)
    objects = serializers.IntegerField(
        min_value=0, max_value=3, required=False, allow_null=True, default=None
    )
    command = serializers.BooleanField(required=False, allow_null=True, default=None)
    sentence = serializers.BooleanField(required=False, allow_null=True, default=None)
    attention = serializers.BooleanField(required=False, allow_null=True, default=None)


class ReadingIn(Strict):
    """One set of observations. What is left out was not measured."""

    temperature = TemperatureField(required=False, allow_null=True)
    systolic = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    diastolic = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    heart_rate = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    respiratory_rate = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    spo2 = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    hypotension = serializers.BooleanField(required=False, allow_null=True, default=None)
    hypoxia = serializers.BooleanField(required=False, allow_null=True, default=None)
    oxygen = OxygenField(required=False, allow_null=True)
    vasopressors = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=6
    )
    ice = IceField(required=False, allow_null=True)
    consciousness = serializers.ChoiceField(
        choices=choices_of(values.Consciousness), required=False, allow_null=True
    )
    seizure = serializers.ChoiceField(choices=choices_of(values.Seizure), required=False, default="none")
    motor = serializers.ChoiceField(choices=choices_of(values.Motor), required=False, default="none")
    raised_pressure = serializers.ChoiceField(
        choices=choices_of(values.RaisedPressure), required=False, default="none"
    )
    symptoms = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=20
    )

    def vitals(self, data: Mapping[str, Any]) -> values.VitalSigns:
        temperature, oxygen = data.get("temperature"), data.get("oxygen")
        ice, consciousness = data.get("ice"), data.get("consciousness")
        return values.VitalSigns(
            temperature=values.Temperature(temperature["value"], values.TemperatureUnit(temperature["unit"]))
            if temperature
            else None,
            oxygen=values.Oxygen(
                values.OxygenDevice(oxygen["device"]),
                oxygen.get("flow_lpm"),
                values.OxygenReason(oxygen["reason"]) if oxygen.get("reason") else None,
            )
            if oxygen
            else None,
            ice=values.IceScore(**ice) if ice and any(item is not None for item in ice.values()) else None,
            consciousness=values.Consciousness(consciousness) if consciousness else None,
            seizure=values.Seizure(data["seizure"]),
            motor=values.Motor(data["motor"]),
            raised_pressure=values.RaisedPressure(data["raised_pressure"]),
            vasopressors=tuple(data.get("vasopressors", ())),
            symptoms=tuple(data.get("symptoms", ())),
            **{name: data.get(name) for name in _PLAIN},
        )


_PLAIN = ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2", "hypotension", "hypoxia")
