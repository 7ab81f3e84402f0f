# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bamboo. Sources: Atlassian's documentation, the official image and the tables of its built-in database."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import SURVIVES, hibernate_database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._seraph import (
    TOMCAT_SAVED_SESSIONS,
    home_places,
    seraph_authenticator,
    seraph_files,
    seraph_web,
    tokens_with_login_names,
    tomcat_service,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    EndSessions,
    MembersPage,
    Place,
    Product,
    UserList,
)

_POINTER = "atlassian-bamboo/WEB-INF/classes/bamboo-init.properties"
_SETTINGS = "{home}/bamboo.cfg.xml"
_NODE = "{home}/cluster-node.properties"
_CROWD = "{home}/xml-data/configuration/crowd.properties"

BAMBOO = Product(
    name="bamboo",
    title="Bamboo",
    tokens=tokens_with_login_names("rememberme_token"),
    files=seraph_files(
        "bamboo",
        "atlassian-bamboo",
        pointer=_POINTER,
        home=home_places("bamboo", _POINTER),
        database=hibernate_database(_SETTINGS, "application-configuration"),
        node_id=(Place(_NODE, "node.id"),),
        # the file itself is there on every node since 9.5, also on a single one
        clustered=((Place(_NODE, "node.hostname"),),),
        sign_on=seraph_authenticator("atlassian-bamboo", "com.atlassian.bamboo.user.authentication.BambooAuthenticator", _CROWD),
    ),
    service=tomcat_service("bamboo"),
    web=seraph_web(
        default_port=8085, remember_me_cookie="seraph.bamboo", sign_in_page="/userlogin.action", sign_in_form_mark="loginForm"
    )._replace(
        # /status answers 200 long before the node is up
        status_path="/rest/api/latest/status",
        # PAUSED: no new builds, but it serves its users; of a cluster it is the state of every node
        ready_states=("RUNNING", "PAUSED", "RUNNING_AS_SECONDARY"),
        secondary_states=("RUNNING_AS_SECONDARY",),
        shared_states=("PAUSED",),
    ),
    persisted_sessions=TOMCAT_SAVED_SESSIONS,
    survives=(*SURVIVES, "agents and their authentication", "repository and deployment credentials"),
    # before 9.6 nobody says which are alive: then all count
    members_page=MembersPage("/rest/api/latest/server/nodes", nodes="nodeStatuses", node="nodeId", state="alive", gone_states=("false",)),
    # documented with the REST API of 9.3; the list of users was seen in scripts for it
    end_sessions=EndSessions(
        "/rest/admin/latest/session/{name}",
        since="9.3",
        right="/rest/api/latest/admin/users?limit=1",
        right_at=(),
        note="whether the call ends the sessions of every node, or of the asked one alone, is not documented: the old cookies of each node "
        "decide",
        # Atlassian's "Invalidating active user sessions" (9.4, 9.5, and undated): what was begun before a restart lives on
        ends_loaded="no",
        users=UserList(
            "/rest/api/latest/admin/users?limit=100",
            more="&start={start}",
            items="results",
            name="name",
            known_to="all lines that are known",
        ),
    ),
)
