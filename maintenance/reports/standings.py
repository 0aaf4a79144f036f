"""What cases have and how far it is: the facts that their strips are computed from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labeling.models import Project, Queue, Sample
from labeling.reports.queues import Progress, by_queue
from maintenance.models import Case
from maintenance.policy.casework import Facts
from maintenance.reports.belongings import Belongings, belongings_of


@dataclass(frozen=True)
class Standing:
    """What belongs to a case, and how far its queues are."""

    own: Belongings
    progress: dict[int, Progress]

    @property
    def facts(self) -> Facts:
        own, counts = self.own, self.counts
        release = own.releases[0] if own.releases else None
        stages = list(release.stages.all()) if release else []
        return Facts(
            kind=own.case.kind,
            alerts=len(own.alerts),
            open_alerts=sum(alert.closed_at is None for alert in own.alerts),
            cause=own.case.cause,
            samples=sum(row.state == Sample.State.DRAWN for row in own.samples),
            drawing=sum(row.state == Sample.State.DRAWING for row in own.samples),
            queues=len(own.queues),
            wanted=counts["wanted"],
            judged=counts["judged"],
            disputed=counts["disputed"],
            decision=own.decision.answer if own.decision else "",
            set_versions=len(own.set_versions),
            candidates=1 if own.candidate else 0,
            verdict=own.verdict.outcome if own.verdict else "",
            release=release.state if release else "",
            stages=len(stages),
            entered=sum(stage.entered_at is not None for stage in stages),
            held=bool(release and release.held_at),
            closed=own.case.closed_at is not None,
        )

    @property
    def counts(self) -> dict[str, int]:
        """Judgments wanted and given, and disputes, over all queues; a closed one wants no more."""
        found = {"wanted": 0, "judged": 0, "disputed": 0}
        for queue in self.own.queues:
            if row := self.progress.get(queue.pk):
                closed = queue.state == Queue.State.CLOSED
                found["judged"] += row.judged
                found["wanted"] += row.judged if closed else row.wanted
                found["disputed"] += row.disputed
        return found


def standings_of(project: Project, cases: Iterable[Case]) -> dict[int, Standing]:
    """What belongs to some cases of a project, with the progress of their queues."""
    found = belongings_of(project, cases)
    progress = by_queue(
        {queue.pk: queue for one in found.values() for queue in one.queues}.values()
    )
    return {pk: Standing(own, progress) for pk, own in found.items()}
