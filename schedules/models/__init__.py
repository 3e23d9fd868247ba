"""What must happen next, when, and who must be told."""

from schedules.models.alert import Alert, AlertEvent
from schedules.models.course import Administration, CourseStatus, PlannedDose, TreatmentCourse
from schedules.models.monitoring import MonitoringCheck, MonitoringWindow
from schedules.models.oncall import ContactPoint, OnCallShift
from schedules.models.page import Page
from schedules.models.reminder import Reminder

__all__ = [
    "Administration",
    "Alert",
    "AlertEvent",
    "ContactPoint",
    "CourseStatus",
    "MonitoringCheck",
    "MonitoringWindow",
    "OnCallShift",
    "Page",
    "PlannedDose",
    "Reminder",
    "TreatmentCourse",
]
