"""How the JSON API answers what the services refuse: the field and a sentence that says what is true now."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from patients.errors import FactRefused, StaleRevision
from protocols.rules.regimen import UnknownDoseError, UnknownScheduleError
from schedules.errors import ActRefused, NoProtocol

STALE = "This changed since you read it. Read it again, then decide."


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """A refusal as 400 beside its field, a stale write as 409, a thing of another center as 404."""
    match error:
        case FactRefused() | ActRefused():
            return Response({error.field: [error.sentence]}, status=status.HTTP_400_BAD_REQUEST)
        case StaleRevision():
            return Response({"revision": [STALE]}, status=status.HTTP_409_CONFLICT)
        case NoProtocol():
            return Response({"protocol": [str(error)]}, status=status.HTTP_409_CONFLICT)
        case UnknownDoseError() | UnknownScheduleError():
            return Response({"dose": [str(error)]}, status=status.HTTP_400_BAD_REQUEST)
        case ObjectDoesNotExist():
            return Response({"detail": "Not found at your center."}, status=status.HTTP_404_NOT_FOUND)
    return exception_handler(error, context)
