"""A walk over every route: each carries a permission, each role meets its limits, no center meets another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dosing_portal.kernel.models import AuditEntry, Center, Role
from dosing_portal.kernel.permissions import ROLE_PERMISSIONS, Permission
from tests import factories
from tests.factories import CenterFactory, StaffFactory
from tests.kernel.pictures import png

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

PUBLIC = {
    "web:sign-in",
    "web:sign-in-again",
    "web:sign-out",
    "web:health",
    "web:health-clocks",
    "schedules:page-answer",
    "api:token",
    "api:schema",
}
"""Open to anybody: the door, the monitors, the signed link of one page, and the API's door and manual."""

BY_TOKEN = "api:"
"""For programs: they carry a permission too, but answer a stranger with 401, never with the door."""

PEOPLE = [role for role in Role if role is not Role.SYSTEM]


@dataclass(frozen=True)
class Route:
    name: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def permission(self) -> Permission | None:
        """Who may open the route: said by the view, or by the permission class of a view of the API."""
        said_by = [self.view, *getattr(getattr(self.view, "cls", None), "permission_classes", ())]
        return next((found for part in said_by if (found := getattr(part, "permission", None))), None)

    @property
    def is_public(self) -> bool:
        return getattr(self.view, "permission", "not said") is None


def walk(resolver: URLResolver, namespace: str = "") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from walk(entry, inner)
        elif isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}", entry.callback, tuple(entry.pattern.converters))


ROUTES = sorted(walk(get_resolver()), key=lambda route: route.name)
GUARDED = [route for route in ROUTES if route.name not in PUBLIC]
PAGES = [route for route in GUARDED if not route.name.startswith(BY_TOKEN)]
OF_A_CENTER = [route for route in GUARDED if route.arguments]

# What each argument of a route stands for, made at the center that is asked about.
MADE: dict[str, Callable[[Center], object]] = {
    "staff_id": lambda center: StaffFactory(center=center).pk,
    "closed_day_id": lambda center: factories.ClosedDayFactory(center=center).pk,
    "shift_id": lambda center: factories.OnCallShiftFactory(staff__center=center).pk,
    "point_id": lambda center: factories.ContactPointFactory(staff__center=center).pk,
    "patient_id": lambda center: factories.PatientFactory(center=center).pk,
    "contact_id": lambda center: factories.ContactFactory(patient__center=center).pk,
    "observation_id": lambda center: factories.ObservationFactory(patient__center=center).pk,
    "specimen_id": lambda center: (
        factories.HandwritingSpecimenFactory(patient__center=center, photo=png(), photo_type="image/png").pk
    ),
    "intervention_id": lambda center: factories.InterventionFactory(patient__center=center).pk,
    "course_id": lambda center: factories.TreatmentCourseFactory(patient__center=center).pk,
    "event_id": lambda center: factories.ToxicityEventFactory(patient__center=center).pk,
    "step_id": lambda center: factories.ResponseStepFactory(event__patient__center=center).pk,
    "result_id": lambda center: factories.LabResultFactory(patient__center=center).pk,
    "order_id": lambda center: factories.TreatmentOrderFactory(event__patient__center=center).pk,
    "due_id": lambda center: factories.TreatmentDueFactory(order__event__patient__center=center).pk,
    "alert_id": lambda center: factories.AlertFactory(course__patient__center=center).pk,
    "hand_off_id": lambda center: factories.HandOffFactory(patient__center=center).pk,
    "ordinal": lambda _center: 1,
    "step": lambda _center: 1,
    "version": lambda _center: 1,
    "slug": lambda center: factories.ProtocolVersionFactory(protocol__center=center).protocol.slug,
}

READING = {"temperature": {"value": "36.8", "unit": "C"}}  # a body that the API would save


def named(route: Route) -> str:
    return route.name


def address(route: Route, *centers: Center) -> str:
    """The route with one thing of each center; the last center has all further ones."""
    given = [*centers, *[centers[-1]] * len(route.arguments)]
    things = {name: MADE[name](center) for name, center in zip(route.arguments, given, strict=False)}
    return reverse(route.name, kwargs=things)


def ask(client: Client, url: str) -> list[Page]:
    """The route's answers to a read and to a write, without those that know no such method or content."""
    sent = client.post(url, READING, content_type="application/json", headers={"Idempotency-Key": "one"})
    answers = [client.get(url), client.post(url), sent]
    return [answer for answer in answers if answer.status_code not in {405, 415}]


def test_the_walk_finds_the_routes() -> None:
    assert len(ROUTES) > 20


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_route_has_a_permission_or_stands_on_the_short_list(route: Route) -> None:
    assert route.is_public == (route.name in PUBLIC)
    assert (route.permission is None) == route.is_public, f"{route.name} does not say who may open it"


def test_nothing_on_the_short_list_is_stale() -> None:
    assert {route.name for route in ROUTES} >= PUBLIC


@pytest.mark.parametrize("route", OF_A_CENTER, ids=named)
def test_the_walk_knows_what_each_argument_stands_for(route: Route) -> None:
    assert set(route.arguments) <= set(MADE)


@pytest.mark.django_db
@pytest.mark.parametrize("route", PAGES, ids=named)
def test_a_stranger_is_led_to_the_door(route: Route) -> None:
    url = address(route, CenterFactory())
    for answer in (Client().get(url), Client().post(url)):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/")
    assert Client().get(url, headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("route", [r for r in GUARDED if r.name.startswith(BY_TOKEN)], ids=named)
def test_a_program_without_a_token_is_refused(route: Route) -> None:
    url = address(route, CenterFactory())
    assert {answer.status_code for answer in ask(Client(), url)} <= {401, 403}


@pytest.mark.django_db
@pytest.mark.parametrize("route", PAGES, ids=named)
def test_a_role_without_the_permission_is_refused(route: Route) -> None:
    center = CenterFactory()
    url = address(route, center)
    for role in PEOPLE:
        if route.permission in ROLE_PERMISSIONS[role]:
            continue
        client = Client()
        client.force_login(StaffFactory(center=center, role=role))
        assert [client.get(url).status_code, client.post(url).status_code] == [403, 403], role


@pytest.mark.django_db
@pytest.mark.parametrize("route", [r for r in OF_A_CENTER if len(r.arguments) > 1], ids=named)
def test_a_thing_of_another_center_is_not_reached_through_ones_own(route: Route) -> None:
    own = CenterFactory()
    url = address(route, own, CenterFactory())
    client = Client()
    role = next(role for role in PEOPLE if route.permission in ROLE_PERMISSIONS[role])
    client.force_login(StaffFactory(center=own, role=role))
    statuses = {answer.status_code for answer in ask(client, url)}
    assert {404} <= statuses <= {403, 404}
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("route", OF_A_CENTER, ids=named)
@pytest.mark.parametrize("role", PEOPLE)
def test_what_belongs_to_another_center_does_not_exist(route: Route, role: Role) -> None:
    url = address(route, CenterFactory())
    client = Client()
    client.force_login(StaffFactory(role=role))
    allowed = route.permission in ROLE_PERMISSIONS[role]
    statuses = {answer.status_code for answer in ask(client, url)}
    # A view may ask for more than one permission: what a role may not do there at all is refused before 404.
    assert {404 if allowed else 403} <= statuses <= {403, 404}
    assert not AuditEntry.objects.exists()
