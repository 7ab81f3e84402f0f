# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bitbucket. Sources: Atlassian's documentation, the official image and schema dumps."""

from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._common import (
    SURVIVES,
    TWO_STEP_SIGN_IN_PATH,
    WHOAMI_PATH,
    crowd_switch,
    maven_version,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT,
    DEFAULT,
    ENVIRONMENT,
    SPRING_JSON,
    BuiltIn,
    Column,
    Companion,
    ConnectorKeys,
    DatabaseKeys,
    Files,
    MembersPage,
    Place,
    Places,
    Product,
    Service,
    SessionKeys,
    Survivors,
    TokenTable,
    UserTable,
    Web,
)

_SETTINGS = "{shared}/bitbucket.properties"
_HOME_SCRIPT = "bin/set-bitbucket-home.sh"


def _setting(key: str) -> Places:
    """A setting of the product, in the order in which Spring looks for it: a dash in it is a line or nothing in a variable."""
    name = key.upper().replace(".", "_")
    variables = dict.fromkeys((name.replace("-", "_"), name.replace("-", "")))
    return (
        Place(ARGUMENT, f"--{key}="),
        Place(SPRING_JSON, key),
        Place(ARGUMENT, f"-D{key}="),
        *(Place(ENVIRONMENT, variable) for variable in variables),
        Place(_SETTINGS, key),
    )


BITBUCKET = Product(
    name="bitbucket",
    title="Bitbucket",
    tokens=TokenTable(
        name="sta_remember_me_token",
        columns=(
            Column("id", "integer"),
            Column("series", "text"),
            Column("token", "text"),
            Column("user_id", "integer"),
            Column("expiry_timestamp", "timestamp"),
            Column("claimed", "boolean"),
            Column("claimed_address", "text"),
        ),
        key="id",
        token="token",
        user="user_id",
        # the table tells the end of a token's life only: all live equally long, so the order of age is the same
        created="expiry_timestamp",
        created_unit="timestamp",
        created_is_end=True,
        series="series",
        users=UserTable("sta_normal_user", key="user_id", name="name"),
    ),
    files=Files(
        signs=("bin/start-bitbucket.sh", _HOME_SCRIPT),
        usual_install="/opt/atlassian/bitbucket",
        version=(maven_version("app", "bitbucket.server"),),
        home=(
            Place(ARGUMENT, "-Dbitbucket.home="),
            Place(ENVIRONMENT, "BITBUCKET_HOME"),
            Place(f"{{install}}/{_HOME_SCRIPT}", "BITBUCKET_HOME"),
        ),
        shared_home=(
            Place(ARGUMENT, "-Dbitbucket.shared.home="),
            Place(ENVIRONMENT, "BITBUCKET_SHARED_HOME"),
            Place(f"{{install}}/{_HOME_SCRIPT}", "BITBUCKET_SHARED_HOME"),
            Place(DEFAULT, "{home}/shared"),
        ),
        database=DatabaseKeys(
            file=_SETTINGS,
            root="",
            url=_setting("jdbc.url"),
            user=_setting("jdbc.user"),
            password=_setting("jdbc.password"),
            cipher=_setting("jdbc.password.decrypter.classname"),
            kind=_setting("jdbc.driver"),
            built_in=BuiltIn("h2", "{shared}/data/db", files="{shared}/data/db.*.db", needs_file=False),
        ),
        node_id=(),
        clustered=tuple(_setting(f"hazelcast.network.{how}") for how in ("tcpip", "multicast", "aws", "azure", "kubernetes")),
        tomcat=None,
        connector=ConnectorKeys(
            port=_setting("server.port"),
            address=_setting("server.address"),
            context=_setting("server.context-path"),
            tls=_setting("server.ssl.enabled"),
            proxy_name=_setting("server.proxy-name"),
            proxy_port=_setting("server.proxy-port"),
            scheme=_setting("server.scheme"),
        ),
        session_cookie=_setting("server.session.cookie.name"),
        remember_me_cookie=(),
        sessions=SessionKeys(
            default="memory",
            setting=_setting("hazelcast.http.sessions"),
            values=(("local", "memory"), ("sticky", "replicated"), ("replicated", "replicated")),
        ),
        sign_on=crowd_switch(_setting("plugin.auth-crowd.sso.enabled")),
    ),
    service=Service(
        start=("bin/start-bitbucket.sh",),
        stop=("bin/stop-bitbucket.sh",),
        process=(r"-Dbitbucket\.install=(.+)",),
        pid_file="{home}/log/bitbucket.pid",
        # the search server that it bundles: OpenSearch since 7.21. A cluster has another one, and must not start it
        companion=Companion(
            process=(r"-Dopensearch\.path\.home=(.+)/opensearch", r"-Des\.path\.home=(.+)/elasticsearch"), without="--no-search"
        ),
    ),
    web=Web(
        default_port=7990,
        session_cookie="BITBUCKETSESSIONID",
        remember_me_cookie="_atl_bitbucket_remember_me",
        remember_me_form="series",
        status_path="/status",
        ready_states=("RUNNING",),
        functional_path="/login",
        sign_in_page="/login",
        # since 9.4; the form before, and in legacy mode
        sign_in_json_path=TWO_STEP_SIGN_IN_PATH,
        sign_in_path="/j_atl_security_check",
        sign_in_form=(
            ("j_username", "{username}"),
            ("j_password", "{password}"),
            ("_atl_remember_me", "on"),
        ),
        whoami_path=WHOAMI_PATH,
        sign_in_form_mark="j_username",
        whoami_header="x-ausername",
        reason_header="x-authentication-denied-reason",
        captcha_reason="CAPTCHA_CHALLENGE",
    ),
    persisted_sessions=(),
    survives=(*SURVIVES, "SSH keys and access keys", "HTTP access tokens"),
    # seen in dumps of its tables, and named by Atlassian's pages on finding the owner of a key or token by a query
    survivors=(
        Survivors(
            "SSH keys and access keys",
            rows="keys of users, projects and repositories, those that have expired among them",
            table="AO_FB71B4_SSH_PUBLIC_KEY",
            columns=("key_text", "user_id"),
        ),
        Survivors(
            "HTTP access tokens",
            rows="tokens of users (once called personal access tokens), projects and repositories, those that have expired among them",
            table="AO_E5A814_ACCESS_TOKEN",
            columns=("hashed_token", "user_id"),
        ),
    ),
    # the names are given by the cluster itself: no file of a node tells its own
    members_page=MembersPage("/rest/api/1.0/admin/cluster", nodes="nodes", node="name", state="", gone_states=()),
)
