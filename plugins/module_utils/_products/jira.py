# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jira Core, Software and Service Management. Sources: Atlassian's documentation, the official image and schema dumps."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._product import (
    Column,
    Files,
    Product,
    Service,
    TokenTable,
    Web,
)

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
    ),
    files=Files(
        home_pointer="atlassian-jira/WEB-INF/classes/jira-application.properties",
        home_property="jira.home",
        home_environment="JIRA_HOME",
        database_settings="dbconfig.xml",
        database_root="jira-database-config",
        cluster_settings="cluster.properties",
        cluster_node_key="jira.node.id",
        connectors="conf/server.xml",
        version_file="README.txt",
        version_pattern=r"\bJIRA (\d+(?:\.\d+)+)",
        session_managers=("conf/context.xml", "conf/server.xml", "atlassian-jira/META-INF/context.xml"),
    ),
    service=Service(
        start_script="bin/start-jira.sh",
        stop_script="bin/stop-jira.sh",
        pid_file="work/catalina.pid",
        process_marker="-Dcatalina.base=",
        home_marker="-Djira.home=",
        units=("jira.service",),
    ),
    web=Web(
        default_port=8080,
        session_cookie="JSESSIONID",
        remember_me_cookie="seraph.rememberme.cookie",
        status_path="/status",
        ready_states=("RUNNING",),
        # a page that renders through the whole application, without a sign-in
        functional_path="/login.jsp",
        sign_in_json_path="/rest/tsv/1.0/authenticate",
        sign_in_path="/login.jsp",
        sign_in_form=(
            ("os_username", "{username}"),
            ("os_password", "{password}"),
            ("os_cookie", "true"),
        ),
        whoami_path="/plugins/servlet/applinks/whoami",
    ),
    persisted_sessions=("work/Catalina/*/*/SESSIONS.ser",),
    survives=(
        "personal access tokens",
        "OAuth and application-link tokens",
        "Basic authentication",
        "the identity provider's own session (SAML and OpenID Connect sign in again silently)",
        "Crowd single sign-on",
        "mobile apps",
    ),
)
