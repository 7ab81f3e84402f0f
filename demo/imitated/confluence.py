# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confluence: the same table name as Jira's, other columns."""

from __future__ import annotations

from demo.imitated.common import (
    CONTEXT_XML,
    SERAPH_FORM,
    SERAPH_REASON,
    SESSIONS_SER,
    SIGN_IN_JSON,
    epoch_tokens,
    old_sign_in,
    seraph_cookies,
    tomcat,
)
from demo.products import Line, Members, Pages, StandInProduct

_PAGES = Pages(
    login="/login.action",
    sign_in="/dologin.action",
    sign_out="/logout.action",
    home="/index.action",
    sign_in_json=SIGN_IN_JSON,
    form_mark="loginform",
    myself="/rest/api/user/current",
    members=Members("/rest/zdu/cluster", "nodes", {"id": "id-{name}", "name": "{name}", "state": "ACTIVE"}),
    reason_header=SERAPH_REASON,
)

CONFLUENCE = StandInProduct(
    name="confluence",
    title="Confluence",
    line="10.2",
    version="10.2.0",
    manifest_type="confluence",
    pages=_PAGES,
    form=SERAPH_FORM,
    cookies=seraph_cookies("seraph.confluence"),
    tokens=epoch_tokens("remembermetoken"),
    service=tomcat("confluence"),
    templates=("tomcat", "confluence"),
    webapp="confluence",
    behaviour_file=CONTEXT_XML,
    persisted_sessions=SESSIONS_SER,
    older=(Line("9.2", "9.2.3", {}), Line("8.5", "8.5.4", old_sign_in(_PAGES))),
)
