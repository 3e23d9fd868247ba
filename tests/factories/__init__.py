"""One factory for each model. Every row that a factory adds belongs to the center of the row it hangs on.

All times are counted from ``AT``, a Thursday afternoon at the sample center; nothing here reads a clock.
"""

from tests.factories.kernel import (
    AT,
    PASSWORD,
    AuditEntryFactory,
    CenterFactory,
    ClosedDayFactory,
    SignInAttemptFactory,
    StaffFactory,
    SweepFactory,
)
from tests.factories.patients import (
    AttributionFactory,
    ContactFactory,
    InterventionFactory,
    ObservationFactory,
    PatientFactory,
    ToxicityEventFactory,
    ToxicityGradingFactory,
    WeightMeasurementFactory,
)
from tests.factories.protocols import BlockConfirmationFactory, ProtocolFactory, ProtocolVersionFactory
from tests.factories.schedules import (
    AdministrationFactory,
    AlertEventFactory,
    AlertFactory,
    ContactPointFactory,
    CourseStatusFactory,
    MonitoringCheckFactory,
    MonitoringWindowFactory,
    OnCallShiftFactory,
    PageFactory,
    PlannedDoseFactory,
    ReminderFactory,
    TreatmentCourseFactory,
)

__all__ = [
    "AT",
    "PASSWORD",
    "AdministrationFactory",
    "AlertEventFactory",
    "AlertFactory",
    "AttributionFactory",
    "AuditEntryFactory",
    "BlockConfirmationFactory",
    "CenterFactory",
    "ClosedDayFactory",
    "ContactFactory",
    "ContactPointFactory",
    "CourseStatusFactory",
    "InterventionFactory",
    "MonitoringCheckFactory",
    "MonitoringWindowFactory",
    "ObservationFactory",
    "OnCallShiftFactory",
    "PageFactory",
    "PatientFactory",
    "PlannedDoseFactory",
    "ProtocolFactory",
    "ProtocolVersionFactory",
    "ReminderFactory",
    "SignInAttemptFactory",
    "StaffFactory",
    "SweepFactory",
    "ToxicityEventFactory",
    "ToxicityGradingFactory",
    "TreatmentCourseFactory",
    "WeightMeasurementFactory",
]
