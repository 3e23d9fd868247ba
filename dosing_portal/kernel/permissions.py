"""Who may do what. One table; what is not in it is denied."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from dosing_portal.kernel.models import Role, Staff

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Permission(StrEnum):
    VIEW_BOARDS = "view_boards"
    VIEW_PATIENT = "view_patient"
    REGISTER_PATIENT = "register_patient"
    PLAN_COURSE = "plan_course"
    LOG_DOSE = "log_dose"
    LOG_VITALS = "log_vitals"
    ACKNOWLEDGE_ALERT = "acknowledge_alert"
    RUN_RESPONSE = "run_response"
    RECORD_WHEREABOUTS = "record_whereabouts"
    RECORD_LABORATORY = "record_laboratory"
    REVIEW_VISIT = "review_visit"
    ORDER_TREATMENT = "order_treatment"
    DECIDE_NEXT_DOSE = "decide_next_dose"
    SIGN_RESOLUTION = "sign_resolution"
    COUNT_STOCK = "count_stock"
    CONFIRM_GRADE = "confirm_grade"
    ATTRIBUTE_CAUSE = "attribute_cause"
    CLOSE_EVENT = "close_event"
    USE_CALCULATORS = "use_calculators"
    EDIT_ON_CALL = "edit_on_call"
    EDIT_CENTER = "edit_center"
    EDIT_STAFF = "edit_staff"
    VIEW_SETTINGS = "view_settings"
    VIEW_AUDIT = "view_audit"
    CONFIRM_BLOCK = "confirm_block"


P = Permission
_EVERYONE = frozenset({P.VIEW_SETTINGS, P.USE_CALCULATORS})
_CLINICAL = frozenset({P.VIEW_BOARDS, P.VIEW_PATIENT})
_BEDSIDE = _CLINICAL | frozenset(
    {
        P.REGISTER_PATIENT,
        P.PLAN_COURSE,
        P.LOG_DOSE,
        P.LOG_VITALS,
        P.ACKNOWLEDGE_ALERT,
        P.RUN_RESPONSE,
        P.RECORD_WHEREABOUTS,
        P.RECORD_LABORATORY,
        P.REVIEW_VISIT,
        P.COUNT_STOCK,
    }
)
_PHYSICIAN = frozenset(
    {
        P.CONFIRM_GRADE,
        P.ATTRIBUTE_CAUSE,
        P.CLOSE_EVENT,
        P.ORDER_TREATMENT,
        P.DECIDE_NEXT_DOSE,
        P.SIGN_RESOLUTION,
    }
)

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.NURSE: _EVERYONE | _BEDSIDE,
    Role.PHYSICIAN: _EVERYONE | _BEDSIDE | _PHYSICIAN | {P.VIEW_AUDIT},
    Role.PHARMACIST: _EVERYONE | _CLINICAL | {P.CONFIRM_BLOCK, P.COUNT_STOCK},
    Role.ADMINISTRATOR: _EVERYONE | {P.EDIT_ON_CALL, P.EDIT_CENTER, P.EDIT_STAFF, P.VIEW_AUDIT},
    Role.DIRECTOR: _EVERYONE | _BEDSIDE | _PHYSICIAN | {P.EDIT_ON_CALL, P.VIEW_AUDIT},
    Role.SYSTEM: frozenset(),
}


def may(staff: Staff, permission: Permission) -> bool:
    """True when the role of an active person carries the permission."""
    return staff.is_active and permission in ROLE_PERMISSIONS.get(staff.role, frozenset())


def require(permission: Permission) -> Callable[[View], View]:
    """Let a view run only for signed-in staff whose role carries the permission."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not may(request.user, permission):
                raise PermissionDenied(f"{request.user.get_role_display()} may not do this")
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return guard


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """A whole page for a navigation; for a polled fragment a plain 401 that keeps what is on the screen."""
    if request.headers.get("HX-Request") and request.method == "GET":
        return HttpResponse("Signed out", status=401)
    return redirect_to_login(request.get_full_path())


def public(view: View) -> View:
    """Mark a view as open to anyone; the walk over every route knows the short list by this mark."""
    view.permission = None  # type: ignore[attr-defined]
    return view
