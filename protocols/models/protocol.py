"""A protocol is one document per edition, read-only once it is active."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff


class ProtocolQuerySet(models.QuerySet["Protocol"]):
    def visible_to(self, staff: Staff) -> ProtocolQuerySet:
        return self.filter(center_id=staff.center_id)


class Protocol(models.Model):
    """What the center does for one regimen and schedule. Its editions are ``ProtocolVersion`` rows.

    The protocol with an empty regimen is the center-wide section: it judges a patient without a course.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    slug = models.SlugField()
    name = models.CharField(max_length=120)
    regimen = models.CharField(max_length=40, blank=True)
    schedule = models.CharField(max_length=40, blank=True)

    objects = ProtocolQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "slug"], name="protocol_slug_in_center"),
            models.UniqueConstraint(fields=["center", "regimen", "schedule"], name="one_protocol_a_schedule"),
        ]

    def __str__(self) -> str:
        return self.name


class ProtocolVersionQuerySet(models.QuerySet["ProtocolVersion"]):
    def active(self) -> ProtocolVersionQuerySet:
        return self.filter(state=ProtocolVersion.State.ACTIVE)

    def visible_to(self, staff: Staff) -> ProtocolVersionQuerySet:
        return self.filter(protocol__center_id=staff.center_id)


class ProtocolVersion(models.Model):
    """One edition: a whole document with the record it rests on. A course pins the edition it started on."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    document = models.JSONField()
    content_hash = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = ProtocolVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["protocol", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["protocol", "number"], name="protocol_version_number"),
            models.UniqueConstraint(
                fields=["protocol"], condition=Q(state="active"), name="one_active_version_a_protocol"
            ),
            models.CheckConstraint(
                condition=Q(activated_at__isnull=True, activated_by__isnull=True)
                | Q(activated_at__isnull=False, activated_by__isnull=False),
                name="protocol_version_activated_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(activated_by__isnull=True) | ~Q(activated_by=models.F("drafted_by")),
                name="protocol_version_activated_by_a_second_person",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="edition_is_read_only",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["active", "retired"])
                & (
                    pgtrigger.Q(old__document__df=pgtrigger.F("new__document"))
                    | pgtrigger.Q(old__content_hash__df=pgtrigger.F("new__content_hash"))
                ),
            ),
            pgtrigger.Protect(name="edition_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.protocol.slug} v{self.number}"


class BlockConfirmation(AppendOnly):
    """A pharmacist's word that one block of the record agrees with the current prescribing information."""

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    block = models.CharField(max_length=120)
    content_hash = models.CharField(max_length=64)
    revision = models.CharField("revision of the prescribing information", max_length=60)
    sample = models.BooleanField(default=False)  # invented confirmation of a demonstration center
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "block", "content_hash"], name="block_confirmed_once"),
            models.CheckConstraint(condition=~Q(revision=""), name="confirmation_names_revision"),
        ]

    def __str__(self) -> str:
        return self.block
