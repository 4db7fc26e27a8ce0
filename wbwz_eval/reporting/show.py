"""What a report's notebook shows: each name takes results and returns a piece.

A piece displays itself; it neither computes scores nor writes files.
"""

from wbwz_eval.reporting.editions import open_ledgers, open_report
from wbwz_eval.reporting.findings import findings
from wbwz_eval.reporting.portraits import open_portrait
from wbwz_eval.reporting.sections.achievements import (
    contests,
    innovations,
    practices,
    result_uses,
    satisfaction,
)
from wbwz_eval.reporting.sections.adjustments import adjustments
from wbwz_eval.reporting.sections.appendix import method
from wbwz_eval.reporting.sections.benchmarks import benchmark_funnel
from wbwz_eval.reporting.sections.drivers import drivers
from wbwz_eval.reporting.sections.header import header
from wbwz_eval.reporting.sections.monthly import (
    cascade_tree,
    check_findings,
    entry_gaps,
    ledgers_standing,
    on_site,
    overdue_by_entity,
    returned,
)
from wbwz_eval.reporting.sections.portrait import (
    five_dimensions,
    gains,
    lost_points,
    own_matters,
    place_among_peers,
    trend,
)
from wbwz_eval.reporting.sections.profile import profile, profile_chart
from wbwz_eval.reporting.sections.quality import quality
from wbwz_eval.reporting.sections.ranking import composition, everybody, ranking
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
    "benchmark_funnel",
    "cascade_tree",
    "check_findings",
    "composition",
    "contests",
    "deadlines",
    "dispatch_findings",
    "drivers",
    "entry_gaps",
    "everybody",
    "findings",
    "five_dimensions",
    "gains",
    "header",
    "innovations",
    "ledgers_standing",
    "lost_points",
    "meeting_sheet",
    "method",
    "non_reporters",
    "on_site",
    "open_ledgers",
    "open_portrait",
    "open_report",
    "overdue_by_entity",
    "own_matters",
    "place_among_peers",
    "practices",
    "profile",
    "profile_chart",
    "quality",
    "ranking",
    "result_uses",
    "returned",
    "satisfaction",
    "successions",
    "trend",
    "unit_pages",
]
