# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jira Core, Software and Service Management. Sources: Atlassian's documentation, the official image and schema dumps."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import PERSONAL_TOKENS, SURVIVES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._seraph import (
    TOMCAT_SAVED_SESSIONS,
    home_places,
    seraph_authenticator,
    seraph_files,
    seraph_web,
    tomcat_service,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    OPTIONS,
    ClearPage,
    Column,
    DatabaseKeys,
    EndSessions,
    MembersPage,
    MemberTables,
    Place,
    Product,
    Survivors,
    TokenTable,
    UserList,
    UserTable,
)

_POINTER = "atlassian-jira/WEB-INF/classes/jira-application.properties"
_DATABASE = "{home}/dbconfig.xml"

JIRA = Product(
    name="jira",
    title="Jira",
    tokens=TokenTable(
        name="remembermetoken",
        columns=(
            Column("id", "integer"),
            Column("created", "timestamp"),
            Column("token", "text"),
            Column("username", "text"),
        ),
        key="id",
        token="token",
        # the user key, not the login name
        user="username",
        created="created",
        created_unit="timestamp",
        # names in lower case
        users=UserTable("app_user", key="user_key", name="lower_user_name"),
    ),
    files=seraph_files(
        "jira",
        "atlassian-jira",
        pointer=_POINTER,
        home=home_places("jira", _POINTER),
        database=DatabaseKeys(
            file=_DATABASE,
            root="jira-database-config",
            url=(Place(_DATABASE, "jdbc-datasource/url"),),
            user=(Place(_DATABASE, "jdbc-datasource/username"),),
            password=(Place(_DATABASE, "jdbc-datasource/password"),),
            cipher=(Place(_DATABASE, "jdbc-datasource/atlassian-password-cipher-provider"),),
            schema=(Place(_DATABASE, "schema-name"),),
            kind=(Place(_DATABASE, "database-type"), Place(_DATABASE, "jdbc-datasource/driver-class")),
            jndi=(Place(_DATABASE, "jndi-datasource/jndi-name"),),
            properties=(Place(_DATABASE, "jdbc-datasource/connection-properties"),),
        ),
        node_id=(Place("{home}/cluster.properties", "jira.node.id"),),
        clustered=((Place("{home}/cluster.properties", "jira.node.id"),),),
        sign_on=seraph_authenticator("atlassian-jira", "com.atlassian.jira.security.login.JiraSeraphAuthenticator"),
        more_versions=(("README.txt", r"\bJIRA (\d+(?:\.\d+)+)"),),
    ),
    service=tomcat_service("jira")._replace(options=(*OPTIONS, "START_JIRA_JAVA_OPTS"), from_files=("JVM_OPENS",)),
    web=seraph_web(
        default_port=8080,
        remember_me_cookie="seraph.rememberme.cookie",
        sign_in_page="/login.jsp",
        sign_in_form_mark="login-form-remember-me",
    ),
    persisted_sessions=TOMCAT_SAVED_SESSIONS,
    survives=(*SURVIVES, "mobile apps"),
    survivors=(
        PERSONAL_TOKENS,
        # named by Atlassian's page on listing them by a query; tokens of OAuth 2 are kept elsewhere
        Survivors(
            "OAuth and application-link tokens",
            rows="access tokens of OAuth 1 that were given to other applications",
            table="oauthsptoken",
            columns=("token_type", "consumer_key"),
            sort="token_type",
            value="ACCESS",
        ),
    ),
    # seen in a listing of the tables of Jira 10: what is not there, or is another table, confirms nothing
    member_tables=MemberTables(
        nodes="clusternode",
        heartbeats="clusternodeheartbeat",
        node="node_id",
        state="node_state",
        beat="database_time",
        gone_states=("OFFLINE",),
        # for so long the product itself takes a node for alive that died
        alive_ms=300_000,
    ),
    members_page=MembersPage("/rest/api/2/cluster/nodes", nodes="", node="nodeId", state="alive", gone_states=("false",)),
    # seen in old sources alone: what the page shows is read, and nothing is sent that it does not show
    clear_page=ClearPage(
        "/secure/admin/user/AllUsersRememberMeCookies!default.jspa", action="AllUsersRememberMeCookies", password="webSudoPassword"
    ),
    # documented with the REST API of 9.11, and the three stores of a login with it
    end_sessions=EndSessions(
        "/rest/api/2/user/session/{name}",
        since="9.11",
        right="/rest/api/2/mypermissions?permissions=ADMINISTER",
        right_at=("permissions", "ADMINISTER", "havePermission"),
        note="an authentication by Crowd that is kept in memory may serve single requests for 15 minutes more",
        # Atlassian's "Invalidating user sessions in Jira Data Center" says nothing of them
        ends_loaded="unknown",
        # documented; the older search for users is no list: from version 10 on it ends after the first 100
        users=UserList(
            "/rest/api/2/user/list?maxResults=500",
            more="&cursor={start}",
            items="values",
            name="name",
            next="nextCursor",
            last="isLast",
            known_to="11.0 and later, and late versions of 10.3",
        ),
    ),
)
