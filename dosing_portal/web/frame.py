"""What stands around every page: places, open alerts, who is on call, whether alerting is alive.

Everything is looked up when a template asks for it, once a request: the center's pulse in one statement, the
people on call in another. A fragment that prints none of it costs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import VERSION, version_of
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import age, hhmm
from dosing_portal.web import broker, idle
from dosing_portal.web.forms.sign_in import SignInAgainForm
from dosing_portal.web.selectors.pulse import Pulse, pulse
from schedules.selectors.oncall import OnCall, who_is_on_call

AGE_STEP_SECONDS = 10  # a younger or older sweep within one step is no news


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the top bar."""

    name: str
    url: str
    current: bool
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How long ago the slowest sweep finished."""

    late: bool
    age_seconds: int
    last_sweep_label: str
    age_label: str


PLACES = (
    ("Today", "schedules:today", Permission.VIEW_BOARDS, "calendar"),
    ("Patients", "schedules:patient-list", Permission.VIEW_PATIENT, "person"),
    ("Events", "schedules:event-list", Permission.VIEW_BOARDS, "pulse"),
    ("Calculators", "protocols:calculator-grade", Permission.USE_CALCULATORS, "equals"),
    ("Settings", "web:settings", Permission.VIEW_SETTINGS, "list"),
)
SETTINGS_PLACES = (
    ("Settings", "web:settings", Permission.VIEW_SETTINGS),
    ("On call", "schedules:oncall", Permission.VIEW_SETTINGS),
    ("Contact points", "schedules:contact-points", Permission.VIEW_SETTINGS),
    ("Tocilizumab stock", "schedules:stock", Permission.COUNT_STOCK),
    ("Staff", "web:staff-list", Permission.EDIT_STAFF),
    ("Center", "web:center", Permission.EDIT_CENTER),
    ("Confirmations", "web:block-list", Permission.CONFIRM_BLOCK),
    ("Audit", "web:audit", Permission.VIEW_AUDIT),
)
DEMO_PLACES = (("Mailbox", "web:mailbox", Permission.VIEW_SETTINGS),)
SHORTCUTS_COOKIE = "shortcuts"
SHARED_PREFIX = {"protocols:calculator-grade": "/calculators/"}  # three calculators, one place


class Frame:
    """The frame of one request. Without a signed-in person it holds no more than the demo's mark."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.demo: bool = settings.PORTAL_DEMO

    @cached_property
    def at(self) -> datetime:
        return clock.now()

    @cached_property
    def staff(self) -> Staff | None:
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def center_name(self) -> str:
        return self.staff.center.name if self.staff else ""

    @cached_property
    def zone(self) -> str:
        return self.staff.center.time_zone if self.staff else ""

    @cached_property
    def username(self) -> str:
        return self.staff.username if self.staff else ""

    @cached_property
    def user_id(self) -> str:
        return str(self.staff.pk) if self.staff else ""

    @cached_property
    def user_name(self) -> str:
        return self.staff.name if self.staff else ""

    @cached_property
    def sign_in_again_form(self) -> SignInAgainForm:
        return SignInAgainForm(initial={"username": self.username})

    @cached_property
    def user_initials(self) -> str:
        return self.staff.initials if self.staff else ""

    @cached_property
    def role_label(self) -> str:
        return self.staff.get_role_display() if self.staff else ""

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Only the places that the role may open."""
        if self.staff is None:
            return ()
        return tuple(
            self._place(name, url_name, icon)
            for name, url_name, needed, icon in PLACES
            if may(self.staff, needed)
        )

    def _place(self, name: str, url_name: str, icon: str) -> Place:
        url = reverse(url_name)
        path = self.request.path
        prefix = SHARED_PREFIX.get(url_name, url)
        return Place(name, url, path == url if url == "/" else path.startswith(prefix), icon)

    @cached_property
    def no_patients(self) -> bool:
        """True for a role that looks after the center and sees no patients."""
        return self.staff is None or not may(self.staff, Permission.VIEW_PATIENT)

    @property
    def home_url(self) -> str:
        return self.places[0].url if not self.no_patients else reverse("web:settings")

    @cached_property
    def settings_places(self) -> tuple[Place, ...]:
        """The pages of Settings that the role may open."""
        if self.staff is None:
            return ()
        path = self.request.path
        listed = SETTINGS_PLACES + (DEMO_PLACES if self.demo else ())
        urls = [(name, reverse(url_name)) for name, url_name, needed in listed if may(self.staff, needed)]
        return tuple(
            Place(name, url, path == url if name == "Settings" else path.startswith(url))
            for name, url in urls
        )

    @property
    def shortcuts_off(self) -> bool:
        return self.request.COOKIES.get(SHORTCUTS_COOKIE) == "off"

    @cached_property
    def _pulse(self) -> Pulse | None:
        return pulse(self.staff.center_id, self.at) if self.staff else None

    @cached_property
    def open_alerts(self) -> int:
        return self._pulse.open_alerts if self._pulse else 0

    @cached_property
    def on_call(self) -> tuple[OnCall, ...]:
        return who_is_on_call(self.staff.center_id, self.at) if self.staff else ()

    @cached_property
    def heartbeat(self) -> Heartbeat | None:
        if self._pulse is None:
            return None
        last = self._pulse.oldest_sweep_at
        seconds = int((self.at - last).total_seconds()) if last else 0
        return Heartbeat(
            late=self._pulse.late(self.at),
            age_seconds=max(seconds, 0),
            last_sweep_label=hhmm(last) if last else "never",
            age_label=age(last, self.at) if last else "",
        )

    @cached_property
    def channel_down(self) -> str:
        failure = self._pulse.channel_failure if self._pulse else ""
        return f"{failure}." if failure else ""

    @cached_property
    def broker_down(self) -> bool:
        return self.staff is not None and not broker.answers()

    @cached_property
    def version(self) -> str:
        """Changes when something in the live part of the top bar does."""
        heartbeat = self.heartbeat
        beat = (heartbeat.late, heartbeat.age_seconds // AGE_STEP_SECONDS) if heartbeat else ()
        people = [(person.staff_id, person.role) for person in self.on_call]
        return version_of(self.open_alerts, people, beat, self.channel_down, self.broker_down)

    @cached_property
    def poll_url(self) -> str:
        return f"{reverse('web:frame')}?{VERSION}={self.version}"

    @property
    def search_url(self) -> str:
        return reverse("schedules:patient-list")

    @property
    def alerts_url(self) -> str:
        """The board of alerts; for somebody without boards, the people to ring."""
        sees_boards = self.staff is not None and may(self.staff, Permission.VIEW_BOARDS)
        return reverse("schedules:event-list" if sees_boards else "schedules:oncall")

    @property
    def phone_tree_url(self) -> str:
        return reverse("schedules:oncall")

    @property
    def sign_out_url(self) -> str:
        return reverse("web:sign-out")

    @property
    def warning_seconds(self) -> int:
        return int(idle.WARNING.total_seconds())


def frame(request: HttpRequest) -> dict[str, Frame]:
    """The context processor."""
    return {"frame": Frame(request)}
