# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confluence. Sources: Atlassian's documentation, the official image and schema dumps."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    PERSONAL_TOKENS,
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
    hibernate,
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
    OPTIONS,
    BuiltIn,
    ConnectorKeys,
    Files,
    MembersPage,
    Place,
    Product,
    Service,
    SessionKeys,
    Web,
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
    files=Files(
        signs=(_POINTER,),
        usual_install="/opt/atlassian/confluence",
        version=(("confluence/META-INF/maven/com.atlassian.confluence/*/pom.properties", POM_VERSION),),
        home=(
            Place(ARGUMENT, "-Dconfluence.home="),
            # the variable is for the site's own scripts: the product reads the file
            Place(f"{{install}}/{_POINTER}", "confluence.home"),
            Place(ENVIRONMENT, "CONFLUENCE_HOME"),
            *set_by_scripts("CONFLUENCE_HOME"),
        ),
        database=hibernate_database(_SETTINGS, "confluence-configuration", _BUILT_IN),
        node_id=(Place(ARGUMENT, "-Dconfluence.cluster.node.name="), hibernate(_SETTINGS, "confluence.cluster.node.name")),
        clustered=((hibernate(_SETTINGS, "confluence.cluster"),),),
        tomcat=tomcat_with("confluence"),
        connector=ConnectorKeys(context=(hibernate(_SETTINGS, "confluence.webapp.context.path"),)),
        session_cookie=(container_cookie("confluence"),),
        remember_me_cookie=(seraph_cookie("confluence"),),
        sessions=SessionKeys(default="disk"),
        sign_on=seraph_authenticator("confluence", "com.atlassian.confluence.user.ConfluenceAuthenticator"),
    ),
    service=Service(
        start=("bin/start-confluence.sh",),
        stop=("bin/stop-confluence.sh",),
        process=TOMCAT_PROCESS,
        pid_file=TOMCAT_PID_FILE,
        pid_variable=TOMCAT_PID_VARIABLE,
        options=(*OPTIONS, "CONFLUENCE_GC_LOG", "CONFLUENCE_GC_OPTS", "START_CONFLUENCE_JAVA_OPTS"),
    ),
    web=Web(
        default_port=8090,
        session_cookie="JSESSIONID",
        remember_me_cookie="seraph.confluence",
        remember_me_form="key",
        status_path="/status",
        ready_states=("RUNNING",),
        # RUNNING can hide a node that answers every page with an error
        functional_path="/login.action",
        sign_in_page="/login.action",
        sign_in_json_path=TWO_STEP_SIGN_IN_PATH,
        sign_in_path="/dologin.action",
        sign_in_form=SERAPH_SIGN_IN_FORM,
        whoami_path=WHOAMI_PATH,
        sign_in_form_mark="loginform",
        reason_header=SERAPH_REASON_HEADER,
        refused_reason=SERAPH_REFUSED,
        captcha_reason=SERAPH_CAPTCHA,
    ),
    persisted_sessions=TOMCAT_SAVED_SESSIONS,
    survives=(*SURVIVES, "mobile apps"),
    survivors=(PERSONAL_TOKENS,),
    # the shape of its answer is that of published clients: another one confirms nothing
    members_page=MembersPage("/rest/zdu/cluster", nodes="nodes", node="name", state="state", gone_states=("OFFLINE",)),
)
