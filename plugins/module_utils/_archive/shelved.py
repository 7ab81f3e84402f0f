# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that lie around: what is known of them, when they are old enough to go, and how people are told. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import few
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import FINISHED

DAY = 86_400
# so many folders of others are named
_NAMED = 5


class ShelvedFile(t.TypedDict):
    """A file of logins: an archive, a backup, or what a killed writer left. ``rows``: -1 where nothing tells it, ``sha256``: then ''."""

    path: str
    rows: int
    sha256: str
    bytes: int
    backup: bool


class ShelvedRun(t.TypedDict):
    """What lies there of one run. ``over``: whether its record says that nothing is left to resume; ``phase``: '' without a record.

    ``age``: seconds since the youngest of its files was written, and since its record came to its end, whichever is less. ``pending``:
    files that a removal had begun with, and that are gone. ``problem``: why it is not to be judged, ''.
    """

    cluster: str
    run_id: str
    folder: str
    phase: str
    over: bool
    age: int
    files: list[ShelvedFile]
    pending: list[str]
    problem: str


def why_kept(run: ShelvedRun, days: int) -> str:
    """Why the archives of a run stay, '' when they go."""
    if run["problem"]:
        return run["problem"]
    if not run["over"]:
        return f"its run is not over (phase {run['phase']})"
    return "" if run["age"] >= days * DAY else f"younger than {days} day{'' if days == 1 else 's'}"


def archive_lines(found: t.Mapping[str, t.Any], days: int, check_mode: bool) -> list[str]:
    """What lies there, and what became of it, for people. ``found``: what the module returned with state ``expired``."""
    runs = found["runs"]
    going = [run for run in runs if not run["kept"]]
    word = "would be removed" if check_mode else "removed"
    lines = [f"{'- ' if run['kept'] else 'x '}{run_line(run)}: {'stays, ' + run['kept'] if run['kept'] else word}" for run in runs]
    files = sum(run["removed"] for run in runs)
    stay = len(runs) - len(going)
    stays = "1 run stays as it is" if stay == 1 else f"{stay} runs stay as they are"
    summed = f"{files} archives of {len(going)} run{'' if len(going) == 1 else 's'}, {word}. {stays}."
    return [
        *(lines or ["No archive lies there."]),
        *beside_lines(found),
        f"Older than {days} day{'' if days == 1 else 's'}: {summed}",
        *(["Check mode: nothing was changed."] if check_mode else []),
    ]


def beside_lines(found: t.Mapping[str, t.Any]) -> list[str]:
    """What else is in the folder of archives, in a line; none where nothing is. ``found``: what the module returned."""
    names = found.get("other_folders", [])
    return [f"No cluster's folder, and not looked into: {few(names, _NAMED)}"] if names else []


def logins_in(runs: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[int, bool]:
    """How many logins the runs are known to hold, and whether these are all: not every file tells it."""
    numbers = [int(run["logins"]) for run in runs]
    return sum(one for one in numbers if one >= 0), -1 not in numbers


def run_line(run: t.Mapping[str, t.Any]) -> str:
    """One run: where, how far it came, how old, how many logins."""
    name = f"{run['cluster']}/{run['run_id']}" if run["run_id"] else run["cluster"]
    if run["problem"] and not run["files"]:
        return name
    state = run["phase"] if run["phase"] in FINISHED else f"not over ({run['phase']})" if run["phase"] else "no record"
    logins = "an unknown number of" if run["logins"] < 0 else run["logins"]
    backup = f", a backup of {'an unknown number' if run['backed_up'] < 0 else run['backed_up']}" if run["backed_up"] else ""
    return f"{name} ({state}), {run['age'] // DAY} days old, {run['files']} archives with {logins} logins{backup}"
