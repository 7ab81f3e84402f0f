# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bamboo. Sources: Atlassian's documentation, the official image and the tables of its built-in database."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    POM_VERSION,
    SERAPH_CAPTCHA,
    SERAPH_REASON_HEADER,
    SERAPH_REFUSED,
    SERAPH_SIGN_IN_FORM,
    SURVIVES,
    TOMCAT_PID_FILE,
    TOMCAT_PID_VARIABLE,
    TOMCAT_PROCESS,
    TOMCAT_SAVED_SESSIONS,
    TWO_STEP_SIGN_IN_PATH,
    WHOAMI_PATH,
    container_cookie,
    hibernate_database,
    seraph_authenticator,
    seraph_cookie,
    set_by_scripts,
    tokens_with_login_names,
    tomcat_with,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    ENVIRONMENT,
    ConnectorKeys,
    EndSessions,
    Files,
    MembersPage,
    Place,
    Product,
    Service,
    SessionKeys,
    UserList,
    Web,
)

_POINTER = "atlassian-bamboo/WEB-INF/classes/bamboo-init.properties"
_SETTINGS = "{home}/bamboo.cfg.xml"
_NODE = "{home}/cluster-node.properties"
_CROWD = "{home}/xml-data/configuration/crowd.properties"

BAMBOO = Product(
    name="bamboo",
    title="Bamboo",
    tokens=tokens_with_login_names("rememberme_token"),
    files=Files(
        signs=(_POINTER,),
        usual_install="/opt/atlassian/bamboo",
        version=(("atlassian-bamboo/META-INF/maven/com.atlassian.bamboo/*/pom.properties", POM_VERSION),),
        home=(
            Place(ARGUMENT, "-Dbamboo.home="),
            Place(ENVIRONMENT, "BAMBOO_HOME"),
            *set_by_scripts("BAMBOO_HOME"),
            Place(f"{{install}}/{_POINTER}", "bamboo.home"),
        ),
        database=hibernate_database(_SETTINGS, "application-configuration"),
        node_id=(Place(_NODE, "node.id"),),
        # the file itself is there on every node since 9.5, also on a single one
        clustered=((Place(_NODE, "node.hostname"),),),
        tomcat=tomcat_with("atlassian-bamboo"),
        connector=ConnectorKeys(),
        session_cookie=(container_cookie("atlassian-bamboo"),),
        remember_me_cookie=(seraph_cookie("atlassian-bamboo"),),
        sessions=SessionKeys(default="disk"),
        sign_on=seraph_authenticator("atlassian-bamboo", "com.atlassian.bamboo.user.authentication.BambooAuthenticator", _CROWD),
    ),
    service=Service(
        start=("bin/start-bamboo.sh",),
        stop=("bin/stop-bamboo.sh",),
        process=TOMCAT_PROCESS,
        pid_file=TOMCAT_PID_FILE,
        pid_variable=TOMCAT_PID_VARIABLE,
    ),
    web=Web(
        default_port=8085,
        session_cookie="JSESSIONID",
        remember_me_cookie="seraph.bamboo",
        remember_me_form="key",
        # /status answers 200 long before the node is up
        status_path="/rest/api/latest/status",
        # PAUSED: no new builds, but it serves its users; of a cluster it is the state of every node
        ready_states=("RUNNING", "PAUSED", "RUNNING_AS_SECONDARY"),
        secondary_states=("RUNNING_AS_SECONDARY",),
        shared_states=("PAUSED",),
        functional_path="/userlogin.action",
        sign_in_page="/userlogin.action",
        sign_in_json_path=TWO_STEP_SIGN_IN_PATH,
        sign_in_path="/userlogin.action",
        sign_in_form=SERAPH_SIGN_IN_FORM,
        whoami_path=WHOAMI_PATH,
        sign_in_form_mark="loginForm",
        reason_header=SERAPH_REASON_HEADER,
        refused_reason=SERAPH_REFUSED,
        captcha_reason=SERAPH_CAPTCHA,
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
