# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several starts at work at once: one goes on, the others end before they do anything more, and no token is lost or deleted twice."""

from __future__ import annotations

import gzip
import tempfile
import typing as t
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from demo.patience import wait_for
from demo.postgresql import PostgresServer
from tests.playbook.rounds import ROUNDS
from tests.playbook.runs import Run, Site

MakeSite = t.Callable[..., Site]


@pytest.mark.long
def test_a_start_whose_run_was_taken_over_stops_before_it_touches_the_next_node(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    (browser,) = site.sign_in("eve")
    site.cluster["n1"].behave(next_start_hangs=True)
    older = site.start(run_id="CHG-1")
    site.wait_for_step(older, lambda steps: steps.get("n1") == "starting")
    newer = site.start(run_id="CHG-1")
    wait_for(lambda: newer.over or site.record()["start"]["attempt"] > 1, "the newer start takes the run over", 120, newer.said_so_far)
    pid_of_n2 = site.pids()["n2"]
    site.cluster["n1"].behave(next_start_hangs=False)
    ended = older.wait()
    assert ended.status != 0
    ended.assert_says("taken over by")
    done = newer.wait()
    assert done.status == 0, done.output
    assert site.pids()["n2"] != pid_of_n2
    assert site.open_doors([browser]) == []
    assert site.locks() == []


@pytest.mark.long
@pytest.mark.parametrize("number", ROUNDS)
def test_of_two_runs_at_the_same_moment_one_goes_on_and_the_other_names_it(make_site: MakeSite, number: int) -> None:
    site = make_site(nodes=2)
    (browser,) = site.sign_in("eve")
    runs = {name: site.start("-e", f"force_reauth_run_id={name}") for name in (f"A{number}", f"B{number}")}
    results = {name: run.wait() for name, run in runs.items()}
    (winner,) = [name for name, result in results.items() if result.status == 0]
    (loser,) = [name for name, result in results.items() if result.status != 0]
    assert f"run {winner}" in results[loser].said.replace("Run ", "run "), results[loser].output
    assert site.open_doors([browser]) == []
    assert site.locks() == []


@pytest.fixture
def postgresql() -> t.Iterator[PostgresServer]:
    # a short path: the name of a unix socket has little room; the server removes the folder
    with PostgresServer(Path(tempfile.mkdtemp(prefix="das-"))) as server:
        yield server


def at_the_purge(run: Run) -> bool:
    return "Delete the tokens" in run.output


def archived(site: Site) -> list[str]:
    """The lines of all archives of the purges."""
    return [
        line
        for path in sorted(site.archives.glob("*/*/remembermetoken-*.tsv.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]


@pytest.mark.long
def test_the_purge_of_a_killed_run_that_lives_on_between_its_sweeps_is_fenced_off_by_the_resume(
    make_site: MakeSite, postgresql: PostgresServer
) -> None:
    site = make_site(nodes=2, database=postgresql.make_database("jira"))
    browsers = site.sign_in("eve", "adam", "noah")
    tokens = site.cluster.token_rows()
    with ExitStack() as stack:
        connection = stack.enter_context(closing(site.cluster.database.connect()))
        connection.cursor().execute("LOCK TABLE remembermetoken IN ROW EXCLUSIVE MODE")
        killed = site.start(run_id="CHG-1", lock_wait=300)
        wait_for(
            lambda: killed.over or len(archived(site)) >= len(tokens),
            "the first sweep is over, the last one waits",
            120,
            killed.said_so_far,
        )
        killed.kill()
        left = site.at_work()
        resumed = site.start(run_id="CHG-1", lock_wait=300)
        wait_for(lambda: resumed.over or at_the_purge(resumed), "the resume purges, too", 120, resumed.said_so_far)
        assert left & site.at_work(), "the purge of the killed run did not live on"
        connection.rollback()
    done = resumed.wait()
    assert done.status == 0, done.output
    done.assert_says("resumed in phase prepared", ": PROVEN")
    wait_for(lambda: not site.at_work(), "the fenced purge ends")
    lines = archived(site)
    assert len(lines) == len(set(lines)), "a token was deleted twice"
    assert {str(key) for key, _token, _user in tokens} <= {line.partition("\t")[0] for line in lines}
    # what the killed start deleted is told, too
    assert site.record()["revoked"]["rows"] == len(lines)
    assert [one["rows"] for one in site.evidence()["archives"]] == [one["rows"] for one in site.record()["revoked"]["archives"]]
    assert site.open_doors(browsers) == []
    assert site.locks() == []


@pytest.mark.long
def test_of_two_resumes_at_the_same_moment_one_goes_on_to_the_end(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    browsers = site.sign_in("eve", "adam")
    site.kill_when(site.start(run_id="CHG-1"), lambda steps: steps.get("") == "rolling")
    results = [run.wait() for run in [site.start(run_id="CHG-1"), site.start(run_id="CHG-1")]]
    assert sorted(result.status == 0 for result in results) == [False, True], "\n".join(result.output for result in results)
    (other,) = [result for result in results if result.status]
    assert "taken over by" in other.said or "locked by run CHG-1" in other.said, other.output
    assert site.record()["phase"] == "proven"
    assert site.open_doors(browsers) == []
    assert site.locks() == []
