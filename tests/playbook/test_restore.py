# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: exactly the purged tokens, once, and the record says that the proof holds no longer."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.canary_key import KeyFile
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.files import RunRecords

from tests.playbook.runs import Site

RESTORE = "dcops.atlassian_sessions.restore_tokens"


def key_of_an_idle_run(site: Site, records: RunRecords, run_id: str) -> KeyFile:
    """Of a run that is begun, and has deleted nothing: where its key lies on the controller."""
    records.open(run_id, {"phase": "prepared", "revoke": "database"}, "controller", "1")
    return KeyFile(str(site.folder / "ansible/force_reauth"), records.cluster, run_id)


def test_purged_tokens_come_back_once_and_the_proof_is_withdrawn(make_site: t.Callable[..., Site]) -> None:
    site = make_site(nodes=1)
    (browser,) = site.sign_in("eve")
    rows = set(site.cluster.token_rows())
    done = site.run(route="outage", accept_outage=True, run_id="CHG-1")
    assert done.status == 0, done.output
    archives = [{"path": one["path"], "sha256": one["sha256"]} for one in site.record()["revoked"]["archives"]]
    database: dict[str, t.Any] = {"product": "jira", "database_engine": "sqlite", "database_name": site.cluster.database.name}
    database["restore_archives"] = archives

    for variables, sentence in (
        ({**database}, "accept_live_logins"),
        ({**database, "accept_live_logins": True, "restore_archives": [{**archives[0], "sha256": "0" * 64}]}, "SHA-256"),
    ):
        refused = site.run(playbook=RESTORE, **variables)
        assert refused.status != 0
        refused.assert_says(sentence, "Nothing was changed.")
        assert not rows & set(site.cluster.token_rows())
        assert "proof_withdrawn" not in site.record()

    records = RunRecords(str(site.archives), site.record()["cluster"])
    key, stuck = (key_of_an_idle_run(site, records, run) for run in ("CHG-2", "CHG-3"))
    made = key.read_or_make()
    # no file can be removed there
    stuck.path.mkdir()
    before = site.state_of_everything()
    rehearsed = site.run("--check", playbook=RESTORE, **database, accept_live_logins=True)
    assert rehearsed.status == 0, rehearsed.output
    rehearsed.assert_says("tokens would be put back", "Check mode: nothing was changed.", "What run CHG-1 proved would hold no longer.")
    assert (site.state_of_everything(), key.read()) == (before, made)

    restored = site.run(playbook=RESTORE, **database, accept_live_logins=True)
    assert restored.status == 0, restored.output
    restored.assert_says(
        "What run CHG-1 proved holds no longer.", "Run CHG-2 is not finished: it is set aside.", "cannot be removed: Is a directory."
    )
    assert (key.read(), stuck.path.is_dir()) == ("", True)
    assert rows <= set(site.cluster.token_rows())
    assert ("eve", "n1", "seraph.rememberme.cookie") in site.open_doors([browser])
    assert records.read("CHG-1")["proof_withdrawn"] is True

    finished = site.run(route="outage", accept_outage=True, run_id="CHG-1")
    assert finished.status != 0
    finished.assert_says(
        "Run CHG-1 was proven, which does not prove what is asked for now: its tokens, or older ones, were put back, and old cookies open "
        "the door again. A new run takes another force_reauth_run_id."
    )

    again = site.run(playbook=RESTORE, **database, accept_live_logins=True)
    again.assert_says("0 tokens were put back")
