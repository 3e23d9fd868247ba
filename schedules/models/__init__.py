"""What must happen next, when, and who must be told."""

from schedules.models.alert import Alert, AlertEvent
from schedules.models.course import Administration, CourseStatus, PlannedDose, TreatmentCourse
from schedules.models.decision import EventLook, NextDoseDecision
from schedules.models.monitoring import MonitoringCheck, MonitoringWindow
from schedules.models.oncall import ContactPoint, OnCallShift
from schedules.models.page import Page
from schedules.models.reminder import Reminder
from schedules.models.response import ResponseStep
from schedules.models.treatment import TreatmentDue, TreatmentOrder

__all__ = [
    "Administration",
    "Alert",
    "AlertEvent",
    "ContactPoint",
    "CourseStatus",
    "EventLook",
    "MonitoringCheck",
    "MonitoringWindow",
    "NextDoseDecision",
    "OnCallShift",
    "Page",
    "PlannedDose",
    "Reminder",
    "ResponseStep",
    "TreatmentCourse",
    "TreatmentDue",
    "TreatmentOrder",
]
