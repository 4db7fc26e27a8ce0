"""Which columns of the ledgers reports show, past those that deadlines, checks and indicators name."""

from __future__ import annotations

FIELDS_SHOWN: dict[str, frozenset[str]] = {
    ledger: frozenset(fields.split())
    for ledger, fields in {
        "activities": "planned_on done_on linked_campaign",
        "benchmarks": (
            "benchmark_no item ring stage as_of due_on gap_start gap_now own_value peer gap_measure"
        ),
        "targets": "item target set_on reason",
        "tasks": "task_no title person due_on predecessor_no",
        "task_reports": "task_no week_ended_on planned_pct actual_pct problem help_needed",
        "cascade": "task task_no parent_task issued_on assigned_to due_on",
        "contests": "contest_no kind type held_on points",
        "innovation_projects": "due_on closed_on",
        "topics": "finished_on adopted_on",
        "outputs": "kind title issued_on doc_no in_force",
        "awards": "achievement award_level awarded_on doc_no",
        "effects": "verify_due_on proven",
        "visits": "visited_on planned_n visited_n raised_n solved_n",
        "highlights": "title project recognised_on recognition_level replicated_by",
        "brands": "brand as_of standard_doc satisfaction recognised_level",
        "inspections": "kind held_on",
        "conduct_checks": "kind checked_on",
        "result_uses": "period grade action basis used_on",
        "nominations": "dimension nominated_on quota score votes notice_start notice_end result",
        "dispatches": "dispatched_on experience",
        "participation": "event group held_on participants_n",
        "publicity": "channel published_on repeat_of",
        "experiences": "dimension title text submitted_on approved published_on",
        "peers": "ring item value as_of",
        "accountability": (
            "matter kind severity decided_on person clause decided_by doc_no authority appealed"
        ),
    }.items()
}
