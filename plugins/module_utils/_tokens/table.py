# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which table of a database is the product's token table, and whether it can be treated. Pure."""

from __future__ import annotations

import datetime
import hashlib
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import ColumnKind, TokenTable
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.user_scope import Owners

_KINDS: t.Mapping[ColumnKind, t.Pattern[str]] = {
    "integer": re.compile(
        r"(tiny|small|medium|big)?int(eger)?\d?(\(\d+\))?( unsigned)?|(num(eric|ber)|decimal)(\(\d+(, ?0)?\)|\(\*, ?0\))?", re.IGNORECASE
    ),
    "text": re.compile(r"(n?(var)?char2?|character( varying)?|(tiny|medium|long)?text|n?clob|string)\b.*", re.IGNORECASE),
    "timestamp": re.compile(r"(timestamp|(small)?datetime|date)\b.*|(timestamptz|datetime2|datetimeoffset).*", re.IGNORECASE),
    "boolean": re.compile(r"bool(ean)?|bit(\(1\))?|tinyint(\(1\))?|num(eric|ber)\(1(, ?0)?\)", re.IGNORECASE),
}
# bytes, or what only a library of its own can write as text; PostgreSQL's bytea is text in an archive, and comes back from it
_BINARY = re.compile(
    r"((tiny|medium|long)?blob|(var)?binary|image|(long )?raw|bfile|vector|geo\w+|(multi)?(point|linestring|polygon))\b.*", re.IGNORECASE
)


@dataclass(frozen=True)
class Candidate:
    """A thing in the database that has the table's name; ``what`` is "table" for a plain one, else a word for people."""

    schema: str
    name: str
    what: str = "table"

    @property
    def label(self) -> str:
        """How it is called in sentences."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class FoundColumn:
    """A column as the database describes it."""

    name: str
    type: str


@dataclass(frozen=True)
class FoundTable:
    """The product's token table as it is in this database, names in their real case; ``series`` is '' where tokens do not rotate.

    ``owners``: the rows that are treated, by their users; None is all. ``spared``: the column, and its value in rows that are not.
    """

    schema: str
    name: str
    columns: tuple[FoundColumn, ...]
    key: str
    token: str
    user: str
    created: str
    series: str
    owners: Owners | None = None
    spared: tuple[str, int] | None = None

    @property
    def label(self) -> str:
        """How it is called in sentences and returned."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def position(self, column: str) -> int:
        """Where the column stands in a row."""
        return [found.name for found in self.columns].index(column)


def choose(candidates: t.Sequence[Candidate], wanted: TokenTable, schema: str, where: str) -> Candidate:
    """The one plain table of the product; raises SessionsError when there is none, more than one, or something else of that name."""
    named = [one for one in candidates if one.name.lower() == wanted.name.lower()]
    fitting = [one for one in named if not schema or one.schema.lower() == schema.lower()]
    if not fitting:
        elsewhere = f" in schema {schema} (there is {' and '.join(one.label for one in named)})" if named else ""
        raise SessionsError(f"There is no table {wanted.name}{elsewhere} in {where}. Is this the product's database?")
    if len(fitting) > 1:
        names = " and ".join(sorted(one.label for one in fitting))
        raise SessionsError(f"There is more than one {wanted.name} in {where}: {names}. Name the product's schema with database_schema.")
    (one,) = fitting
    if one.what != "table":
        raise SessionsError(
            f"{one.label} in {where} is a {one.what}, not a plain table: deleting there could do something else. Treat it by hand."
        )
    return one


def choose_beside(candidates: t.Sequence[Candidate], name: str, schema: str) -> Candidate:
    """The one table, or view, of that name in the schema of the token table; raises SessionsError."""
    fitting = [one for one in candidates if (one.schema, one.name.lower()) == (schema, name.lower())]
    if len(fitting) != 1:
        place = name + (f" in schema {schema}" if schema else "")
        raise SessionsError(f"there are {len(fitting)} tables {place}." if fitting else f"the account sees no table {place}.")
    return fitting[0]


def real_names(candidate: Candidate, columns: t.Sequence[FoundColumn], wanted: t.Sequence[str]) -> dict[str, str]:
    """The columns as the database writes them, by the names that are wanted; raises SessionsError when one is not there."""
    real = {column.name.lower(): column.name for column in columns}
    missing = [name for name in wanted if name.lower() not in real]
    if missing:
        raise SessionsError(f"{candidate.label} has no column {' and no column '.join(missing)}.")
    return {name: real[name.lower()] for name in wanted}


def match_columns(candidate: Candidate, columns: t.Sequence[FoundColumn], wanted: TokenTable, where: str) -> FoundTable:
    """The table with its columns by their part; raises SessionsError when the columns are not those that the product creates."""
    if not columns:
        raise SessionsError(f"The columns of {candidate.label} in {where} cannot be seen: the account lacks SELECT on it. Grant it.")
    real = {column.name.lower(): column for column in columns}
    problems = [_problem(real.get(column.name.lower()), column.name, column.kind) for column in wanted.columns]
    if any(problems):
        raise SessionsError(
            f"{candidate.label} in {where} is not the product's table: {'; '.join(filter(None, problems))}. "
            "Is this another product's database?"
        )

    def name(column: str) -> str:
        return real[column.lower()].name if column else ""

    return FoundTable(
        candidate.schema,
        candidate.name,
        tuple(columns),
        key=name(wanted.key),
        token=name(wanted.token),
        user=name(wanted.user),
        created=name(wanted.created),
        series=name(wanted.series),
        spared=(name(wanted.spared.column), wanted.spared.value) if wanted.spared else None,
    )


def kind_of(type_name: str) -> str:
    """The first kind that a type of that name belongs to, '' for none."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(type_name)), "")


def treated_words(wanted: TokenTable) -> str:
    """What keeps a statement of a person to the rows that are treated, '' where all of the table are."""
    spared = wanted.spared
    return f" WHERE {spared.column} IS NULL OR {spared.column} <> {spared.value}" if spared else ""


def more_columns(table: FoundTable, wanted: TokenTable) -> list[str]:
    """Columns that the product is not known to create: archived all the same."""
    known = {column.name.lower() for column in wanted.columns}
    return [column.name for column in table.columns if column.name.lower() not in known]


def notes(table: FoundTable, wanted: TokenTable, sorts: t.Mapping[str, int]) -> list[str]:
    """Sentences on what else is in the table; ``sorts``: rows of each sort of logins."""
    more = more_columns(table, wanted)
    known = f"{table.label} has columns that are not known of this product ({', '.join(more)}); they are archived, too."
    held = ", ".join(f"{rows} of {wanted.sort} {sort}" for sort, rows in sorts.items())
    other = f"{table.label} holds logins of several sorts ({held}); no sort is spared, also none that is no sign-in of a browser."
    return [known] * bool(more) + [other] * (len(sorts) > 1)


def check_obstacles(table: str, obstacles: t.Sequence[str]) -> None:
    """Raises SessionsError that names what would make a delete there do more, or less, than it says."""
    if obstacles:
        raise SessionsError(f"{table} cannot be purged as it is: it has {'; '.join(obstacles)}. Remove that, or treat the table by hand.")


def binary_columns(table: FoundTable) -> list[str]:
    """Columns of which an archive could not hold the values as they are."""
    return [f"the column {column.name} ({column.type})" for column in table.columns if _BINARY.fullmatch(column.type)]


def check_restorable(table: str, problems: t.Sequence[str]) -> None:
    """Raises SessionsError that names what would keep the rows from being put back exactly as they were."""
    if problems:
        raise SessionsError(f"{table} could not be put back after a purge: it has {'; '.join(problems)}. Treat the table by hand.")


def cluster_name(product: str, identity: str) -> str:
    """The folder's name of the cluster that shares this database."""
    return f"{product}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def iso_time(value: object, unit: str) -> str:
    """A time out of the database, ISO; UTC with Z where its zone is known, as it stands where not; '' for none."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return _iso(value)
    text = str(value)
    if unit == "epoch_ms" or re.fullmatch(r"\d{12,14}", text):
        return _iso_of_epoch(text)
    return text.replace(" ", "T", 1)


def _iso_of_epoch(milliseconds: str) -> str:
    """A number that is no time of any calendar is shown as it stands."""
    try:
        return _iso(datetime.datetime.fromtimestamp(int(milliseconds) / 1000, datetime.timezone.utc))
    except (ValueError, OverflowError, OSError):
        return milliseconds


def _iso(value: datetime.datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(timespec="seconds")
    try:
        return value.astimezone(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    except OverflowError:
        # at either end of the calendar UTC may have no such moment: it is shown with its own zone
        return value.isoformat(timespec="seconds")


def _problem(column: FoundColumn | None, name: str, kind: ColumnKind) -> str:
    if column is None:
        return f"there is no column {name}"
    if not _KINDS[kind].fullmatch(column.type):
        return f"column {column.name} is {column.type} and not of kind {kind}"
    return ""
