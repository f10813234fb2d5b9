"""The sections of the funnel in the order of the report, of ``--json`` and of the sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xl_leadkpi.funnel.attribution import AttributionSection
from xl_leadkpi.funnel.breakdown import BreakdownSection
from xl_leadkpi.funnel.changes import ChangesSection
from xl_leadkpi.funnel.curve import CycleSection, MaturitySection
from xl_leadkpi.funnel.forecast import ForecastCheckSection, ForecastSection
from xl_leadkpi.funnel.histories import HistorySection
from xl_leadkpi.funnel.losses import LossesSection, PipelineSection
from xl_leadkpi.funnel.matrices import StepMatrixSection
from xl_leadkpi.funnel.months import CohortSection, MonthsSection, TrendSection
from xl_leadkpi.funnel.overdue import OverdueSection
from xl_leadkpi.funnel.period import ClosedSection, PeriodSection
from xl_leadkpi.funnel.pipelines import SalesPipelinesSection
from xl_leadkpi.funnel.quality import QualitySection
from xl_leadkpi.funnel.reports import EmailSection, SocialSection
from xl_leadkpi.funnel.retention import RetentionSection
from xl_leadkpi.funnel.spend import SpendSection
from xl_leadkpi.funnel.stages import StagesSection, StageTimesSection
from xl_leadkpi.funnel.summary import CurrencySection, ResponseSection, SummarySection
from xl_leadkpi.funnel.targets import TargetsSection
from xl_leadkpi.funnel.traffic import TrafficSection

if TYPE_CHECKING:
    from xl_leadkpi.funnel.section import Section

SECTIONS: tuple[Section, ...] = (
    SummarySection(),
    TrendSection(),
    PeriodSection(),
    ChangesSection(),
    TargetsSection(),
    CurrencySection(),
    StagesSection(),
    SalesPipelinesSection(),
    BreakdownSection(),
    StepMatrixSection(),
    MonthsSection(),
    CohortSection(),
    MaturitySection(),
    StageTimesSection(),
    CycleSection(),
    HistorySection(),
    ResponseSection(),
    LossesSection(),
    ClosedSection(),
    PipelineSection(),
    ForecastSection(),
    ForecastCheckSection(),
    OverdueSection(),
    RetentionSection(),
    AttributionSection(),
    QualitySection(),
    SpendSection(),
    TrafficSection(),
    EmailSection(),
    SocialSection(),
)
