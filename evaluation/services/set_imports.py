"""Labeled files: their unknown items imported, their answers frozen, their quality unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Values
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation.formats.labeled import LabeledMapping, LabeledRow, labeled, suggest_labeled
from evaluation.models import EvaluationSet, Example, SetVersion
from evaluation.services.set_versions import (
    Fields,
    add_version,
    ask_for,
    fill,
    finish,
    found_version,
    give_up,
    tree_of,
)
from labeling import storage
from labeling.formats.columns import PREVIEW_ROWS, Preview, columns_of, preview
from labeling.formats.mapping import ItemRow, MappingError
from labeling.formats.reading import read_rows
from labeling.formats.rows import FormatError, Refusal, Row
from labeling.formats.sniffing import sniff
from labeling.models import (
    Criterion,
    Import,
    Item,
    Membership,
    Project,
    RubricVersion,
    StoredFile,
)
from labeling.policy.rubrics import KINDS_OF_ONE_KEY
from labeling.services.answers import allowed_keys
from labeling.services.imports import import_rows
from labeling.services.jobs import JobFailed, RunningJob, job_kind

AT_ONCE = 500
SHOWN_REASONS = 5
AnyRow = Row | Refusal
CriterionRows = QuerySet[Criterion]


def request_import(
    evaluation_set: EvaluationSet,
    file: StoredFile,
    mapping: LabeledMapping,
    *,
    by: Membership,
    criterion: Criterion | None = None,
) -> SetVersion:
    """Ask for a version made of a stored file; a job reads it.

    criterion: the one that the file answers, if it is one of a published rubric version.
    """
    source = {"file": str(file.uid), "name": file.name, "sha256": file.sha256}
    fields = fields_of(mapping, source, criterion)
    with transaction.atomic():
        version = add_version(evaluation_set, fields, by=by, at=None)
        return ask_for("import_set", version, by=by)


def take_file(
    evaluation_set: EvaluationSet,
    name: str,
    body: IO[bytes],
    *,
    by: Membership,
    keep: timedelta,
    label: str = "",
    criterion: Criterion | None = None,
) -> SetVersion:
    """Keep a body of labeled rows and ask for a version of it, by what its columns are called."""
    file = keep_file(evaluation_set.project, name, body, by=by, keep=keep)
    try:
        look = first_rows(file)
        mapping = suggest_labeled((column.path for column in look.columns), label)
        return request_import(evaluation_set, file, mapping, by=by, criterion=criterion)
    except ValidationError:
        storage.remove(file)
        raise


def keep_file(
    project: Project, name: str, body: IO[bytes], *, by: Membership, keep: timedelta
) -> StoredFile:
    """Keep a file for a while; one that holds no rows at all is refused at once."""
    name = storage.safe_name(name)
    file = storage.store(project, name, body, by=by, expires_in=keep)
    try:
        first_rows(file)
    except ValidationError:
        storage.remove(file)
        raise
    return file


def first_rows(file: StoredFile) -> Preview:
    """What the first rows of a stored file hold."""
    with storage.local_path(file) as path:
        try:
            return preview(path, sniff(path, file.name))
        except FormatError as error:
            raise ValidationError(str(error), code=error.code) from error


def fields_of(
    mapping: LabeledMapping, source: Fields, criterion: Criterion | None = None
) -> Fields:
    """What a version says of the labeled file that it is made of, and of what the file answers."""
    _check(mapping)
    fields = {
        "provenance": SetVersion.Provenance.IMPORTED,
        "criterion": mapping.criterion,
        "source": {**source, "mapping": mapping.to_json()},
    }
    if criterion is None:
        return fields
    rubric = {"rubric_version": criterion.version, "taxonomy": tree_of(criterion)}
    return {**fields, **rubric, "criterion": criterion.key}


def answerable_criteria(project: Project) -> CriterionRows:
    """What a labeled file can answer: questions about the input, of published rubric versions.

    Judgments about an output would need to say of which version it was; a file does not.
    """
    published = Criterion.objects.filter(
        version__rubric__project=project,
        version__state=RubricVersion.State.PUBLISHED,
        subject=Criterion.Subject.INPUT,
    )
    rows = published.filter(kind__in=KINDS_OF_ONE_KEY)
    return rows.select_related("version__rubric", "taxonomy").order_by("-version", "position")


@job_kind("import_set", ended=give_up)
def run_import_set(job: RunningJob) -> Fields:
    """The job behind `request_import`."""
    version = found_version(job)
    file = StoredFile.objects.filter(uid=version.source["file"]).first()
    if file is None:
        raise JobFailed(_("The file has expired; upload it again."))
    if version.state != SetVersion.State.FROZEN:
        with opened_file(file) as rows:
            version = perform_import(version, _told(rows, job))
    job.progress(version.size, version.size)
    return {"size": version.size, "digest": version.digest}


def perform_now(version: SetVersion, rows: Iterator[AnyRow]) -> SetVersion:
    """Fill a version without a job; what is wrong is the caller's to correct."""
    try:
        return perform_import(version, rows)
    except JobFailed as failed:
        version.state, version.error = SetVersion.State.FAILED, str(failed)
        version.save(update_fields=["state", "error"])
        raise ValidationError(str(failed), code="bad_rows") from failed


def perform_import(version: SetVersion, rows: Iterator[AnyRow]) -> SetVersion:
    """Import the items that are not there yet, then freeze all of them with their answers."""
    project = version.evaluation_set.project
    mapping = LabeledMapping.from_json(version.source["mapping"])
    reading = _Reading(project, mapping, _allowed(version))
    batch = import_rows(
        project,
        reading.unknown_items(rows),
        name=version.source["name"] or str(version),
        source=Import.Source.COMMAND if version.job is None else Import.Source.UPLOAD,
        by=version.created_by,
    )
    if batch.state != Import.State.DONE:
        raise JobFailed(_why(batch))
    with transaction.atomic():
        fill(version, reading.examples(version))
        version.source |= {"import": str(batch.uid), "items_imported": batch.accepted}
        version.quality = {"known": False, "left_out": dict(reading.left_out)}
        return finish(version, reading.taken)


@contextmanager
def opened(path_or_rows: Path | Iterable[Values[str, Any]]) -> Iterator[Iterator[AnyRow]]:
    """The rows of a file, or of a list of objects; ValidationError where the file is none."""
    if isinstance(path_or_rows, Path):
        try:
            yield read_rows(path_or_rows, sniff(path_or_rows, path_or_rows.name))
        except FormatError as error:
            raise ValidationError(str(error), code=error.code) from error
    else:
        yield (Row(line, dict(row)) for line, row in enumerate(path_or_rows, start=1))


@contextmanager
def opened_file(file: StoredFile) -> Iterator[Iterator[AnyRow]]:
    """The rows of a stored file."""
    with storage.local_path(file) as path:
        try:
            yield read_rows(path, sniff(path, file.name))
        except FormatError as error:
            raise JobFailed(str(error)) from error


def mapped(
    rows: Iterator[AnyRow], mapping: LabeledMapping | None, label: str
) -> tuple[LabeledMapping, Iterator[AnyRow]]:
    """The mapping that was given, or the one that the first rows suggest; and all the rows."""
    if mapping is not None:
        return mapping, rows
    first = list(islice(rows, PREVIEW_ROWS))
    columns = columns_of([row for row in first if isinstance(row, Row)])
    return suggest_labeled((column.path for column in columns), label), chain(first, rows)


class _Reading:
    """One pass over a labeled file: answers by item, and what of it was left out."""

    def __init__(
        self, project: Project, mapping: LabeledMapping, allowed: dict[str, str] | None
    ) -> None:
        self._project = project
        self._mapping = mapping
        self._allowed = allowed
        self._answers: dict[str, str] = {}
        self.left_out: Counter[str] = Counter()
        self.taken = 0

    def unknown_items(self, rows: Iterator[AnyRow]) -> Iterator[ItemRow | Refusal]:
        """The items that have to be imported, and every row that cannot be taken."""
        while chunk := list(islice(rows, AT_ONCE)):
            read = [row if isinstance(row, Refusal) else self._read(row) for row in chunk]
            known = self._known(row.item.external_id for row in read if isinstance(row, LabeledRow))
            for row in read:
                found = row if isinstance(row, Refusal) else self._take(row, known)
                if found is not None:
                    yield found

    def examples(self, version: SetVersion) -> Iterator[list[Example]]:
        """What was read as examples of a version, in the order of the file."""
        names = iter(self._answers)
        while chunk := list(islice(names, AT_ONCE)):
            items = self._known(chunk)
            yield [self._example(version, items[name]) for name in chunk]

    def _read(self, row: Row) -> LabeledRow | Refusal:
        """One row with its answer; where a criterion is answered, by the key of an option of it."""
        read = labeled(self._mapping, row)
        if self._allowed is None or isinstance(read, Refusal):
            return read
        key = self._allowed.get(read.label)
        if key is None:
            return Refusal(row.line, f"the criterion has no answer “{read.label[:80]}”")
        return read._replace(label=key)

    def _example(self, version: SetVersion, item: Item) -> Example:
        self.taken += 1
        return Example(
            set_version=version,
            position=self.taken,
            item=item,
            references={version.criterion: self._answers[item.external_id]},
            weight=1,
            content_digest=item.content_digest,
        )

    def _take(self, row: LabeledRow, known: dict[str, Item]) -> ItemRow | Refusal | None:
        """Note one row's answer; the item, where it has to be imported first."""
        item, there = row.item, known.get(row.item.external_id)
        if item.external_id in self._answers:
            return self._again(row)
        if reason := _unfit(item, there):
            return Refusal(item.line, reason)
        if there is not None and there.erased_at is not None:
            self.left_out["erased"] += 1
            return None
        self._answers[item.external_id] = row.label
        return item if there is None else None

    def _again(self, row: LabeledRow) -> Refusal | None:
        if self._answers[row.item.external_id] != row.label:
            return Refusal(row.item.line, "an earlier row gives the same item another answer")
        self.left_out["same_item_again"] += 1
        return None

    def _known(self, names: Iterable[str]) -> dict[str, Item]:
        items = Item.objects.in_place().filter(project=self._project, external_id__in=list(names))
        fields = ("external_id", "content", "content_digest", "erased_at")
        return {item.external_id: item for item in items.only(*fields)}


def _unfit(row: ItemRow, there: Item | None) -> str:
    """Why a row cannot be about the item of its id; empty when it can."""
    if there is None:
        return "" if row.content else "there is no item with this id"
    if there.erased_at is not None or row.content.items() <= there.content.items():
        return ""
    return "the item of this id is there with other content"


def _allowed(version: SetVersion) -> dict[str, str] | None:
    """The keys that a version's references may be, by key and by label; None where any may."""
    if version.rubric_version is None:
        return None
    rows = version.rubric_version.criteria.select_related("taxonomy")
    criterion = rows.get(key=version.criterion)
    named = criterion.taxonomy.nodes if criterion.taxonomy else criterion.options
    labels = {option["label"]: option["key"] for option in named if option.get("label")}
    return labels | {key: key for key in allowed_keys(criterion)}


def _check(mapping: LabeledMapping) -> None:
    try:
        mapping.check()
    except MappingError as error:
        raise ValidationError(str(error), code="bad_mapping") from error


def _told(rows: Iterator[AnyRow], job: RunningJob) -> Iterator[AnyRow]:
    """The rows, with progress told every few of them."""
    for count, row in enumerate(rows):
        if count % AT_ONCE == 0:
            job.progress(count, message=_("%(count)s rows read") % {"count": f"{count:,}"})
            job.check_cancelled()
        yield row


def _why(batch: Import) -> str:
    """Why nothing was taken, with the first reasons; the import keeps all of them by line."""
    if not batch.refused:
        return batch.error
    shown = [str(row) for row in batch.refused_rows.all()[:SHOWN_REASONS]]
    message = ngettext(
        "%(count)d row was refused, so nothing was taken: %(reasons)s.",
        "%(count)d rows were refused, so nothing was taken: %(reasons)s.",
        batch.refused,
    )
    return message % {"count": batch.refused, "reasons": "; ".join(shown)}
