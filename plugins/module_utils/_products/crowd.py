# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowd: two tables of tokens. ``cwd_token`` has the sign-ins of users and, with the directory -1, those of applications.

Sources: Atlassian's documentation (the home folder and its shared folder, ``crowd.clustering.enabled``, ``crowd.properties``, tokens in
memory, application tokens to be spared), a dump of its schema (both tables), its published constants
(``database.token.storage.enabled``), its Helm chart (the node's name), published scripts of others (the fields of both ways to sign in).

Recalled, not confirmed by any source: the address to which the form is sent, the page that names who is signed in, the words of the
status page, the file that tells the version. Where one of them is otherwise, the look at the node says so, before anything is changed.
The remember-me cookie is ``crowd.rememberme.token`` in a log that an article of Atlassian's quotes (logging out intermittently from the
Crowd administration console). Which field of the sign-in asks for it is not known: the canary has none, and what proves such tokens dead is
the table, or the product's word. Which node is which in ``cwd_cluster_heartbeat`` (seen in the dump alone), and whose clock writes it, is
not known either: no node is confirmed by it.
"""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    CROWD as SERVER,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    TOMCAT_PID_VARIABLE,
    WHOAMI_PATH,
    container_cookie,
    hibernate,
    hibernate_database,
    maven_version,
    tomcat_contexts,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    ClearCalls,
    Column,
    ConnectorKeys,
    Files,
    InMemory,
    Place,
    Product,
    Service,
    SessionKeys,
    SignOnKeys,
    Spared,
    TokenTable,
    Tomcat,
    Web,
)

_WEBAPP = "crowd-webapp"
_POINTER = f"{_WEBAPP}/WEB-INF/classes/crowd-init.properties"
_SETTINGS, _OLDER_SETTINGS = "{home}/shared/crowd.cfg.xml", "{home}/crowd.cfg.xml"
_TOMCAT = "apache-tomcat/"

CROWD = Product(
    name="crowd",
    title="Crowd",
    tokens=TokenTable(
        name="cwd_token",
        columns=(
            Column("id", "integer"),
            Column("directory_id", "integer"),
            Column("entity_name", "text"),
            Column("random_number", "integer"),
            # of the user and the address: a sign-in after the cut-off may have the same
            Column("identifier_hash", "text"),
            Column("random_hash", "text"),
            Column("created_date", "timestamp"),
            Column("last_accessed_date", "timestamp"),
            Column("last_accessed_time", "integer"),
            Column("duration", "integer"),
        ),
        key="id",
        token="random_hash",
        user="entity_name",
        created="created_date",
        created_unit="timestamp",
        spared=Spared("directory_id", -1, "application tokens"),
    ),
    more_tokens=(
        TokenTable(
            name="cwd_remember_me_token",
            columns=(
                Column("id", "integer"),
                Column("username", "text"),
                Column("remote_address", "text"),
                Column("token", "text"),
                Column("series", "text"),
                Column("created_date", "timestamp"),
                Column("used_date", "timestamp"),
                Column("directory_id", "integer"),
            ),
            key="id",
            token="token",
            user="username",
            created="created_date",
            created_unit="timestamp",
            series="series",
        ),
    ),
    in_memory=InMemory(
        "cwd_property", name="property_name", setting="database.token.storage.enabled", value="property_value", on=("false",)
    ),
    files=Files(
        signs=(_POINTER,),
        usual_install="/opt/atlassian/crowd",
        version=(maven_version(_WEBAPP, "crowd"),),
        home=(Place(ARGUMENT, "-Dcrowd.home="), Place(f"{{install}}/{_POINTER}", "crowd.home")),
        database=hibernate_database(_SETTINGS, "application-configuration", older=_OLDER_SETTINGS),
        node_id=(Place(ARGUMENT, "-Dcluster.node.name="),),
        clustered=((hibernate(_SETTINGS, "crowd.clustering.enabled"),),),
        tomcat=Tomcat(f"{_TOMCAT}conf/server.xml", _WEBAPP, tomcat_contexts(_WEBAPP, _TOMCAT), base=f"/{_TOMCAT.rstrip('/')}"),
        connector=ConnectorKeys(),
        session_cookie=(container_cookie(_WEBAPP),),
        remember_me_cookie=(Place("{home}/crowd.properties", "cookie.tokenkey"),),
        sessions=SessionKeys(default="disk"),
        # it is the server itself
        sign_on=SignOnKeys(SERVER, setting=(), on="on", off="off"),
    ),
    service=Service(
        start=("start_crowd.sh",),
        stop=("stop_crowd.sh",),
        process=(r"-Dcatalina\.base=(.+)/apache-tomcat", r"-Dcatalina\.home=(.+)/apache-tomcat"),
        pid_file=f"{{install}}/{_TOMCAT}work/catalina.pid",
        pid_variable=TOMCAT_PID_VARIABLE,
    ),
    web=Web(
        default_port=8095,
        session_cookie="JSESSIONID",
        # the cookie of single sign-on: its token is in a table, so that no restart ends it
        remember_me_cookie="crowd.token_key",
        # its documentation on the session time-out
        remember_me_idles=True,
        status_path="/status",
        ready_states=("RUNNING",),
        functional_path="/console/login.action",
        sign_in_page="/console/login.action",
        sign_in_json_path="/console/login.action",
        sign_in_path="/console/j_security_check",
        sign_in_form=(("j_username", "{username}"), ("j_password", "{password}")),
        whoami_path=WHOAMI_PATH,
        sign_in_form_mark="j_username",
    ),
    persisted_sessions=(f"{_TOMCAT}SESSIONS.ser",),
    # documented with the REST API of 6.0. Sessions are what `cwd_token` holds, or the memory of the process; those of applications have a
    # list of their own. That administrators use name and password is said in Atlassian's issue CWD-5652
    clear_calls=ClearCalls(
        since="6.0",
        right="/rest/admin/1.0/remember-me/config",
        expire="/rest/admin/1.0/remember-me/expire-all",
        sessions="/rest/admin/1.0/sessions/user?start={start}&limit=500",
        items="values",
        key="randomHash",
        begun="initialization",
        last="isLastPage",
        end="/rest/admin/1.0/sessions/{key}",
    ),
    survives=(
        "application tokens and passwords (applications sign in to Crowd by them)",
        "the applications' own sessions (Crowd single sign-on ends, their sessions do not)",
        "Basic authentication",
        "the identity provider's own session (SAML and OpenID Connect sign in again silently)",
    ),
)
