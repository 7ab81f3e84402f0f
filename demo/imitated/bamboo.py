# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bamboo: one primary, the other nodes stand by; its /status tells nothing."""

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
from demo.products import Line, Members, Pages, StandInProduct, UserList

_PAGES = Pages(
    login="/userlogin.action",
    sign_in="/userlogin.action",
    sign_out="/userLogout.action",
    home="/allPlans.action",
    status="/rest/api/latest/status",
    status_is_xml=True,
    starting_code=503,
    early_status="/status",
    secondary_state="RUNNING_AS_SECONDARY",
    sign_in_json=SIGN_IN_JSON,
    form_mark="loginForm",
    myself="/rest/api/latest/currentUser",
    members=Members("/rest/api/latest/server/nodes", "nodeStatuses", {"nodeId": "{name}", "nodeName": "node {name}", "alive": "true"}),
    reason_header=SERAPH_REASON,
    end_sessions="/rest/admin/latest/session/",
    users=UserList("/rest/api/latest/admin/users", items="results", start="start", size="limit"),
)

BAMBOO = StandInProduct(
    name="bamboo",
    title="Bamboo",
    line="12.1",
    version="12.1.0",
    manifest_type="bamboo",
    pages=_PAGES,
    form=SERAPH_FORM,
    cookies=seraph_cookies("seraph.bamboo"),
    tokens=epoch_tokens("rememberme_token"),
    service=tomcat("bamboo"),
    templates=("tomcat", "bamboo"),
    webapp="atlassian-bamboo",
    behaviour_file=CONTEXT_XML,
    persisted_sessions=SESSIONS_SER,
    older=(Line("10.2", "10.2.1", {}), Line("9.6", "9.6.1", old_sign_in(_PAGES))),
)
