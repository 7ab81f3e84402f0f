# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confluence. Sources: Atlassian's documentation, the official image and schema dumps."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    PERSONAL_TOKENS,
    SURVIVES,
    hibernate,
    hibernate_database,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._seraph import (
    TOMCAT_SAVED_SESSIONS,
    seraph_authenticator,
    seraph_files,
    seraph_web,
    set_by_environment,
    tokens_with_login_names,
    tomcat_service,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    OPTIONS,
    BuiltIn,
    ConnectorKeys,
    MembersPage,
    Place,
    Product,
)

_POINTER = "confluence/WEB-INF/classes/confluence-init.properties"
_SETTINGS = "{home}/confluence.cfg.xml"
_BUILT_IN = BuiltIn(
    "h2",
    "{home}/database/h2db",
    files="{home}/database/h2db.*.db",
    finished=(Place(_SETTINGS, "setupStep"),),
    kind=(Place(_SETTINGS, "setupType"),),
)

CONFLUENCE = Product(
    name="confluence",
    title="Confluence",
    tokens=tokens_with_login_names("remembermetoken"),
    files=seraph_files(
        "confluence",
        "confluence",
        pointer=_POINTER,
        home=(
            Place(ARGUMENT, "-Dconfluence.home="),
            # the variable is for the site's own scripts: the product reads the file
            Place(f"{{install}}/{_POINTER}", "confluence.home"),
            *set_by_environment("CONFLUENCE_HOME"),
        ),
        database=hibernate_database(_SETTINGS, "confluence-configuration", _BUILT_IN),
        node_id=(Place(ARGUMENT, "-Dconfluence.cluster.node.name="), hibernate(_SETTINGS, "confluence.cluster.node.name")),
        clustered=((hibernate(_SETTINGS, "confluence.cluster"),),),
        sign_on=seraph_authenticator("confluence", "com.atlassian.confluence.user.ConfluenceAuthenticator"),
    )._replace(connector=ConnectorKeys(context=(hibernate(_SETTINGS, "confluence.webapp.context.path"),))),
    service=tomcat_service("confluence")._replace(
        options=(*OPTIONS, "CONFLUENCE_GC_LOG", "CONFLUENCE_GC_OPTS", "START_CONFLUENCE_JAVA_OPTS")
    ),
    # its page is asked, too, because RUNNING can hide a node that answers every page with an error
    web=seraph_web(
        default_port=8090, remember_me_cookie="seraph.confluence", sign_in_page="/login.action", sign_in_form_mark="loginform"
    )._replace(sign_in_path="/dologin.action"),
    persisted_sessions=TOMCAT_SAVED_SESSIONS,
    survives=(*SURVIVES, "mobile apps"),
    survivors=(PERSONAL_TOKENS,),
    # the shape of its answer is that of published clients: another one confirms nothing
    members_page=MembersPage("/rest/zdu/cluster", nodes="nodes", node="name", state="state", gone_states=("OFFLINE",)),
)
