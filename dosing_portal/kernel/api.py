"""What every JSON view shares: who may, strict bodies, one key saves once, a page of a list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may

_KEYS = uuid.UUID("6b1f7f8a-6a41-4a0e-8b8e-0f8f4f1d9a10")  # namespace of keys that are not UUIDs themselves
LAST_PAGE = 10_000

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The same key saves once and answers the same.",
)
PAGE = OpenApiParameter("page", int, OpenApiParameter.QUERY, description="From 1.")


def allowed_to(reading: Permission, *, writing: Permission | None = None) -> type[BasePermission]:
    """A permission class of the one table; the walk over every route reads ``permission``.

    ``writing`` is asked for, on top, by every method that may change something.
    """

    class Allowed(BasePermission):
        def has_permission(self, request: Request, _view: APIView) -> bool:
            if not request.user.is_authenticated or not may(request.user, reading):
                return False
            return request.method in SAFE_METHODS or writing is None or may(request.user, writing)

    Allowed.__name__ = f"AllowedTo{(writing or reading).name.title().replace('_', '')}"
    Allowed.permission = reading  # type: ignore[attr-defined]
    return Allowed


def signed_in(request: Request) -> Staff:
    """Who asks: the permission of the view let nobody else through."""
    return cast("Staff", request.user)


def choices_of(names: type[StrEnum]) -> list[str]:
    return [item.value for item in names]


class Strict(serializers.Serializer[Any]):
    """A key that nobody knows is an error, not a value lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise ValidationError({str(name): ["Unknown key."] for name in sorted(map(str, unknown))})
        return super().to_internal_value(data)


def read(form: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """The body as checked values. Raises ``ValidationError`` with a sentence for each key."""
    filled = form(data=data)
    filled.is_valid(raise_exception=True)
    return cast("dict[str, Any]", filled.validated_data)


def key_of(request: Request) -> uuid.UUID:
    """The client's key as the UUID that the database holds unique. Raises ``ValidationError`` without one."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise ValidationError({"Idempotency-Key": ["Send this header: the same key never saves twice."]})
    return client_key(key)


def client_key(key: str) -> uuid.UUID:
    try:
        return uuid.UUID(key)
    except ValueError:
        return uuid.uuid5(_KEYS, key)


def page_of(request: Request) -> int:
    """The page asked for, from 1. Raises ``ValidationError`` for anything else."""
    typed = request.query_params.get("page", "1")
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed) <= LAST_PAGE:
        raise ValidationError({"page": ["A page is a whole number from 1."]})
    return int(typed)
