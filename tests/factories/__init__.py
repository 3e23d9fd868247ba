"""One factory for each model. Every row that a factory adds belongs to the center of the row it hangs on.

All times are counted from ``AT``, a Thursday afternoon at the sample center; nothing here reads a clock.
"""

from typing import Any, Protocol, TypeVar, cast

from dosing_portal.kernel import models as kernel_models
from patients import models as patients_models
from protocols import models as protocols_models
from schedules import models as schedules_models
from tests.factories import kernel, patients, protocols, schedules
from tests.factories.kernel import AT, PASSWORD

Row = TypeVar("Row")


class Makes(Protocol[Row]):
    """A factory as a type checker should see it: factory-boy's own call has no types."""

    def __call__(self, **facts: Any) -> Row:
        """Add a row."""

    def build(self, **facts: Any) -> Row:
        """A row that is not saved."""

    def create_batch(self, size: int, **facts: Any) -> list[Row]:
        """Add several rows."""


AuditEntryFactory = cast("Makes[kernel_models.AuditEntry]", kernel.AuditEntryFactory)
CenterFactory = cast("Makes[kernel_models.Center]", kernel.CenterFactory)
ClosedDayFactory = cast("Makes[kernel_models.ClosedDay]", kernel.ClosedDayFactory)
SignInAttemptFactory = cast("Makes[kernel_models.SignInAttempt]", kernel.SignInAttemptFactory)
StaffFactory = cast("Makes[kernel_models.Staff]", kernel.StaffFactory)
SweepFactory = cast("Makes[kernel_models.Sweep]", kernel.SweepFactory)
AttributionFactory = cast("Makes[patients_models.Attribution]", patients.AttributionFactory)
ContactFactory = cast("Makes[patients_models.Contact]", patients.ContactFactory)
InterventionFactory = cast("Makes[patients_models.Intervention]", patients.InterventionFactory)
ObservationFactory = cast("Makes[patients_models.Observation]", patients.ObservationFactory)
PatientFactory = cast("Makes[patients_models.Patient]", patients.PatientFactory)
ToxicityEventFactory = cast("Makes[patients_models.ToxicityEvent]", patients.ToxicityEventFactory)
ToxicityGradingFactory = cast("Makes[patients_models.ToxicityGrading]", patients.ToxicityGradingFactory)
WeightMeasurementFactory = cast("Makes[patients_models.WeightMeasurement]", patients.WeightMeasurementFactory)
BlockConfirmationFactory = cast(
    "Makes[protocols_models.BlockConfirmation]", protocols.BlockConfirmationFactory
)
ProtocolFactory = cast("Makes[protocols_models.Protocol]", protocols.ProtocolFactory)
ProtocolVersionFactory = cast("Makes[protocols_models.ProtocolVersion]", protocols.ProtocolVersionFactory)
AdministrationFactory = cast("Makes[schedules_models.Administration]", schedules.AdministrationFactory)
AlertEventFactory = cast("Makes[schedules_models.AlertEvent]", schedules.AlertEventFactory)
AlertFactory = cast("Makes[schedules_models.Alert]", schedules.AlertFactory)
ContactPointFactory = cast("Makes[schedules_models.ContactPoint]", schedules.ContactPointFactory)
CourseStatusFactory = cast("Makes[schedules_models.CourseStatus]", schedules.CourseStatusFactory)
MonitoringCheckFactory = cast("Makes[schedules_models.MonitoringCheck]", schedules.MonitoringCheckFactory)
MonitoringWindowFactory = cast("Makes[schedules_models.MonitoringWindow]", schedules.MonitoringWindowFactory)
OnCallShiftFactory = cast("Makes[schedules_models.OnCallShift]", schedules.OnCallShiftFactory)
PageFactory = cast("Makes[schedules_models.Page]", schedules.PageFactory)
PlannedDoseFactory = cast("Makes[schedules_models.PlannedDose]", schedules.PlannedDoseFactory)
ReminderFactory = cast("Makes[schedules_models.Reminder]", schedules.ReminderFactory)
TreatmentCourseFactory = cast("Makes[schedules_models.TreatmentCourse]", schedules.TreatmentCourseFactory)
CallFactory = cast("Makes[patients_models.Call]", patients.CallFactory)
EventResolutionFactory = cast("Makes[patients_models.EventResolution]", patients.EventResolutionFactory)
ExpectedArrivalFactory = cast("Makes[patients_models.ExpectedArrival]", patients.ExpectedArrivalFactory)
HandOffFactory = cast("Makes[patients_models.HandOff]", patients.HandOffFactory)
HandwritingSpecimenFactory = cast(
    "Makes[patients_models.HandwritingSpecimen]", patients.HandwritingSpecimenFactory
)
LabResultFactory = cast("Makes[patients_models.LabResult]", patients.LabResultFactory)
VisitAnswerFactory = cast("Makes[patients_models.VisitAnswer]", patients.VisitAnswerFactory)
VisitReviewFactory = cast("Makes[patients_models.VisitReview]", patients.VisitReviewFactory)
WhereaboutsFactory = cast("Makes[patients_models.Whereabouts]", patients.WhereaboutsFactory)
StockCountFactory = cast("Makes[protocols_models.StockCount]", protocols.StockCountFactory)
EventLookFactory = cast("Makes[schedules_models.EventLook]", schedules.EventLookFactory)
NextDoseDecisionFactory = cast("Makes[schedules_models.NextDoseDecision]", schedules.NextDoseDecisionFactory)
ResponseStepFactory = cast("Makes[schedules_models.ResponseStep]", schedules.ResponseStepFactory)
TreatmentDueFactory = cast("Makes[schedules_models.TreatmentDue]", schedules.TreatmentDueFactory)
TreatmentOrderFactory = cast("Makes[schedules_models.TreatmentOrder]", schedules.TreatmentOrderFactory)

__all__ = [
    "AT",
    "PASSWORD",
    "AdministrationFactory",
    "AlertEventFactory",
    "AlertFactory",
    "AttributionFactory",
    "AuditEntryFactory",
    "BlockConfirmationFactory",
    "CallFactory",
    "CenterFactory",
    "ClosedDayFactory",
    "ContactFactory",
    "ContactPointFactory",
    "CourseStatusFactory",
    "EventLookFactory",
    "EventResolutionFactory",
    "ExpectedArrivalFactory",
    "HandOffFactory",
    "HandwritingSpecimenFactory",
    "InterventionFactory",
    "LabResultFactory",
    "MonitoringCheckFactory",
    "MonitoringWindowFactory",
    "NextDoseDecisionFactory",
    "ObservationFactory",
    "OnCallShiftFactory",
    "PageFactory",
    "PatientFactory",
    "PlannedDoseFactory",
    "ProtocolFactory",
    "ProtocolVersionFactory",
    "ReminderFactory",
    "ResponseStepFactory",
    "SignInAttemptFactory",
    "StaffFactory",
    "StockCountFactory",
    "SweepFactory",
    "ToxicityEventFactory",
    "ToxicityGradingFactory",
    "TreatmentCourseFactory",
    "TreatmentDueFactory",
    "TreatmentOrderFactory",
    "VisitAnswerFactory",
    "VisitReviewFactory",
    "WeightMeasurementFactory",
    "WhereaboutsFactory",
]
