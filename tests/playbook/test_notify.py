# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hook hears of every moment of a run; one that hangs, fails or is not there stops nothing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.notice import SIGNATURE, signature

from tests.hooks import Hook, listening
from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


@pytest.mark.long
def test_a_hook_hears_of_each_moment_and_can_tell_who_says_so(make_site: MakeSite) -> None:
    site = make_site(nodes=2)
    hook = Hook()
    with listening(hook) as url:
        site.more_secrets = {"notify_url": f"{url}/s3cret", "notify_key": "of the hook"}
        result = site.run()
        assert result.status == 0, result.output
        again = site.run("--check")
    assert again.status == 0, again.output
    assert [one["event"] for one in hook.documents] == ["started", "revoked", "batch", "batch", "verdict"]
    assert [one["done"] for one in hook.documents] == [[], [], ["n1"], ["n1", "n2"], ["n1", "n2"]]
    assert (hook.documents[-1]["verdict"], hook.documents[-1]["sentence"]) == ("proven", "")
    assert all(headers[SIGNATURE.lower()] == signature("of the hook", body) for _path, headers, body in hook.told)
    assert "s3cret" not in result.output


@pytest.mark.long
@pytest.mark.parametrize("kind", ["hangs", "fails", "is not there"])
def test_a_hook_that_does_not_listen_stops_nothing(make_site: MakeSite, kind: str) -> None:
    site = make_site(nodes=2)
    site.cluster["n2"].behave(stop_fails=True)
    with listening(Hook(500, hangs=kind == "hangs")) as url:
        site.more_secrets = {"notify_url": "http://127.0.0.1:1/s3cret" if kind == "is not there" else f"{url}/s3cret"}
        stopped = site.run()
        assert stopped.status != 0
        stopped.assert_says("stopped in step 'roll'", *(f"NOT told that the run has come to '{one}'" for one in ("started", "stopped")))
        site.cluster["n2"].behave(stop_fails=False)
        resumed = site.resume(stopped)
    assert resumed.status == 0, resumed.output
    resumed.assert_says(": PROVEN", "NOT told that the run has come to 'verdict'")
    assert "s3cret" not in stopped.output + resumed.output
