# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that finds out by itself who deletes the tokens says so, and is refused where it finds no way."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook.runs import Site

MakeSite = t.Callable[..., Site]


@pytest.mark.long
def test_auto_deletes_in_the_database_where_the_run_can_open_it_and_the_plan_says_so(make_site: MakeSite) -> None:
    site = make_site(nodes=1)
    browsers = site.sign_in("eve")
    result = site.run(revoke="auto", route="outage", accept_outage=True)
    assert result.status == 0, result.output
    result.assert_says(": PROVEN", "force_reauth_revoke=auto: the database is a file, which wants no password")
    assert site.open_doors(browsers) == []
    assert site.record()["revoked"]["archives"]


@pytest.mark.long
def test_auto_without_a_password_is_refused_with_the_ways_that_are_left(make_site: MakeSite) -> None:
    site = make_site(nodes=1)
    site.more_secrets = {"database_password": ""}
    before = site.state_of_everything()
    result = site.run(revoke="auto", database_engine="postgresql", route="outage", accept_outage=True)
    assert result.status != 0
    result.assert_says(
        "force_reauth_revoke=auto: PostgreSQL wants a password, and none is given",
        "take force_reauth_revoke=manual",
        "or force_reauth_revoke=product (Jira does it by its own page, as an administrator)",
        "Nothing was changed.",
    )
    assert site.state_of_everything() == before
