"""How a grading is answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class GradingOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    grade = serializers.IntegerField(allow_null=True)
    at_least = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    cannot_grade = serializers.BooleanField()
    review = serializers.BooleanField()
    because = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field of that name
