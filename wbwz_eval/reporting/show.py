"""What a report's notebook shows: each name takes results and returns a piece.

A piece displays itself; it neither computes scores nor writes files.
"""

from wbwz_eval.reporting.editions import open_report
from wbwz_eval.reporting.findings import findings
from wbwz_eval.reporting.sections.adjustments import adjustments
from wbwz_eval.reporting.sections.appendix import method
from wbwz_eval.reporting.sections.drivers import drivers
from wbwz_eval.reporting.sections.header import header
from wbwz_eval.reporting.sections.profile import profile, profile_chart
from wbwz_eval.reporting.sections.quality import quality
from wbwz_eval.reporting.sections.ranking import everybody, ranking
from wbwz_eval.reporting.sections.weekly import (
    deadlines,
    dispatch_findings,
    meeting_sheet,
    non_reporters,
    successions,
    unit_pages,
)

__all__ = [
    "adjustments",
    "deadlines",
    "dispatch_findings",
    "drivers",
    "everybody",
    "findings",
    "header",
    "meeting_sheet",
    "method",
    "non_reporters",
    "open_report",
    "profile",
    "profile_chart",
    "quality",
    "ranking",
    "successions",
    "unit_pages",
]
