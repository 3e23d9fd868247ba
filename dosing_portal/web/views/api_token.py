"""Sign in to the JSON API: a name and password become a token, behind the same throttle as the page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock
from dosing_portal.kernel.address import client_address
from dosing_portal.web.services import sign_in


class Credentials(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=80)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


@extend_schema(
    operation_id="token_create",
    summary="Exchange a name and password for a token",
    request=Credentials,
    responses={
        200: inline_serializer("TokenAnswer", {"token": serializers.CharField()}),
        400: inline_serializer("TokenRefused", {"detail": serializers.CharField()}),
        429: inline_serializer("TokenHeld", {"detail": serializers.CharField()}),
    },
    auth=[],
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([])
def token(request: Request) -> Response:
    form = Credentials(data=request.data)
    form.is_valid(raise_exception=True)
    at = clock.now()
    answer = sign_in.attempt(address=client_address(request), at=at, **form.validated_data)
    if answer.held_until is not None:
        seconds = max(int((answer.held_until - at).total_seconds()), 1)
        return Response(
            {"detail": f"Too many tries. Try again in {seconds // 60 + 1} min."},
            status=status.HTTP_429_TOO_MANY_REQUESTS,
            headers={"Retry-After": str(seconds)},
        )
    if answer.staff is None:
        return Response({"detail": "Name or password is wrong."}, status=status.HTTP_400_BAD_REQUEST)
    return Response({"token": Token.objects.get_or_create(user=answer.staff)[0].key})


token.permission = None  # type: ignore[attr-defined]  # read by the walk over every route
