"""What a report's notebook shows: each name takes results and returns a piece.

A piece displays itself; it neither computes scores nor writes files.
"""

from wbwz_eval.reporting.editions import open_accountability, open_ledgers, open_report
from wbwz_eval.reporting.findings import findings
from wbwz_eval.reporting.portraits import open_portrait
from wbwz_eval.reporting.reviewing import open_review
from wbwz_eval.reporting.sections.accountability import accountability_cases
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
from wbwz_eval.reporting.sections.data_quality import (
    completeness,
    counter_pairs,
    lateness,
    quality_findings,
    rating,
    repeated_winners,
    reporting_burden,
    telling,
)
from wbwz_eval.reporting.sections.deeds import month_deeds
from wbwz_eval.reporting.sections.drivers import drivers
from wbwz_eval.reporting.sections.header import header
from wbwz_eval.reporting.sections.models import nominees, selection_by_dimension, selection_findings
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
from wbwz_eval.reporting.sections.review_findings import decisions, review_findings
from wbwz_eval.reporting.sections.review_proposal import (
    approval_record,
    backtest_effects,
    backtest_summary,
    burden_change,
    changed_targets,
    proposed_changes,
)
from wbwz_eval.reporting.sections.review_ranks import (
    close_calls,
    declared_choices,
    leave_outs,
    rank_drivers,
    rank_intervals,
    rank_table,
)
from wbwz_eval.reporting.sections.review_structure import (
    aspect_table,
    consistency_table,
    doubtful_indicators,
    weights_in_effect,
)
from wbwz_eval.reporting.sections.terms import (
    risers,
    term_findings,
    term_results,
    trajectories,
    what_changed,
)
from wbwz_eval.reporting.sections.weekly import (
    deadlines,
    dispatch_findings,
    meeting_sheet,
    non_reporters,
    successions,
    unit_pages,
)
from wbwz_eval.reporting.terms import open_term

__all__ = [
    "accountability_cases",
    "adjustments",
    "approval_record",
    "aspect_table",
    "backtest_effects",
    "backtest_summary",
    "benchmark_funnel",
    "burden_change",
    "cascade_tree",
    "changed_targets",
    "check_findings",
    "close_calls",
    "completeness",
    "composition",
    "consistency_table",
    "contests",
    "counter_pairs",
    "deadlines",
    "decisions",
    "declared_choices",
    "dispatch_findings",
    "doubtful_indicators",
    "drivers",
    "entry_gaps",
    "everybody",
    "findings",
    "five_dimensions",
    "gains",
    "header",
    "innovations",
    "lateness",
    "leave_outs",
    "ledgers_standing",
    "lost_points",
    "meeting_sheet",
    "method",
    "month_deeds",
    "nominees",
    "non_reporters",
    "on_site",
    "open_accountability",
    "open_ledgers",
    "open_portrait",
    "open_report",
    "open_review",
    "open_term",
    "overdue_by_entity",
    "own_matters",
    "place_among_peers",
    "practices",
    "profile",
    "profile_chart",
    "proposed_changes",
    "quality",
    "quality_findings",
    "rank_drivers",
    "rank_intervals",
    "rank_table",
    "ranking",
    "rating",
    "repeated_winners",
    "reporting_burden",
    "result_uses",
    "returned",
    "review_findings",
    "risers",
    "satisfaction",
    "selection_by_dimension",
    "selection_findings",
    "successions",
    "telling",
    "term_findings",
    "term_results",
    "trajectories",
    "trend",
    "unit_pages",
    "weights_in_effect",
    "what_changed",
]
