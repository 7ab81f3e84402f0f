# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Crowd signs people in again is found in the settings of each product, and said first; an authenticator that is not known, too."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.sign_on import sign_on_lines

from tests.unit.fake_node import FakeNode, fact, look_at

WEBAPPS = {"jira": "atlassian-jira", "confluence": "confluence", "bamboo": "atlassian-bamboo"}
SERAPH = "{{install}}/{}/WEB-INF/classes/seraph-config.xml"
OWN = {
    "jira": "com.atlassian.jira.security.login.JiraSeraphAuthenticator",
    "confluence": "com.atlassian.confluence.user.ConfluenceAuthenticator",
    "bamboo": "com.atlassian.bamboo.user.authentication.BambooAuthenticator",
}
# what a product needs to be looked at
SETTINGS = {
    "jira": {"{home}/dbconfig.xml": b"<jira-database-config/>"},
    "confluence": {"{home}/confluence.cfg.xml": b"<confluence-configuration/>"},
    "bamboo": {"{home}/bamboo.cfg.xml": b"<application-configuration/>"},
    "bitbucket": {},
    "crowd": {},
    "fisheye": {"{home}/config.xml": b"<config/>"},
}


def seraph(product: str, *classes: str) -> dict[str, bytes]:
    elements = "".join(f'<authenticator class="{one}"/>' for one in classes)
    comment = '<!-- <authenticator class="com.atlassian.jira.security.login.SSOSeraphAuthenticator"/> -->'
    return {SERAPH.format(WEBAPPS[product]): f"<security-config>{comment}{elements}</security-config>".encode()}


def crowd_sso(product: str, files: t.Mapping[str, bytes], *node: t.Any) -> str:
    return str(look_at(product, FakeNode({**SETTINGS[product], **files}, *node))["sign_on"]["state"])


@pytest.mark.parametrize(
    ("product", "name", "found"),
    [
        *((product, own, "off") for product, own in OWN.items()),
        ("jira", "com.atlassian.jira.security.login.SSOSeraphAuthenticator", "on"),
        ("jira", "com.atlassian.crowd.integration.seraph.JIRAAuthenticator", "on"),
        ("confluence", "com.atlassian.confluence.user.ConfluenceCrowdSSOAuthenticator", "on"),
        ("confluence", "com.atlassian.crowd.integration.seraph.v22.ConfluenceAuthenticator", "on"),
        ("bamboo", "com.atlassian.crowd.integration.seraph.v25.BambooAuthenticator", "on"),
        ("jira", "com.example.saml.JiraAuthenticator", "unknown"),
        ("jira", OWN["confluence"], "unknown"),
        ("confluence", "${AUTHENTICATOR}", "unknown"),
    ],
)
def test_the_authenticator_of_seraph_tells(product: str, name: str, found: str) -> None:
    assert crowd_sso(product, seraph(product, name)) == found


@pytest.mark.parametrize("product", sorted(PRODUCTS))
def test_where_nothing_is_set_it_is_off(product: str) -> None:
    assert crowd_sso(product, {}) == "off"


def test_two_authenticators_contradict_each_other() -> None:
    assert crowd_sso("jira", seraph("jira", OWN["jira"], "com.atlassian.jira.security.login.SSOSeraphAuthenticator")) == "unknown"


def test_a_damaged_file_tells_that_it_is_on_but_not_that_it_is_off() -> None:
    damaged = {path: data.replace(b"</security-config>", b"") for path, data in seraph("jira", OWN["jira"]).items()}
    assert crowd_sso("jira", damaged) == "unknown"
    on = {path: data.replace(OWN["jira"].encode(), b"com.atlassian.crowd.integration.seraph.X") for path, data in damaged.items()}
    assert crowd_sso("jira", on) == "on"


@pytest.mark.parametrize(("value", "found"), [("true", "on"), ("TRUE", "on"), ("false", "off"), ("perhaps", "unknown")])
def test_bitbucket_and_fisheye_say_it_in_a_word(value: str, found: str) -> None:
    properties = {"{home}/shared/bitbucket.properties": f"plugin.auth-crowd.sso.enabled={value}".encode()}
    assert crowd_sso("bitbucket", properties) == found
    assert crowd_sso("bitbucket", {}, [], {"PLUGIN_AUTH_CROWD_SSO_ENABLED": value}) == found
    assert (
        crowd_sso("fisheye", {"{home}/config.xml": f'<config><security><crowd sso-enabled="{value}"/></security></config>'.encode()})
        == found
    )


def test_the_fact_says_where_it_stands() -> None:
    answer = look_at("jira", FakeNode({**SETTINGS["jira"], **seraph("jira", "com.atlassian.jira.security.login.SSOSeraphAuthenticator")}))
    sure, source = fact(answer, "sign_on.state")
    assert (sure, source.endswith("/WEB-INF/classes/seraph-config.xml:1")) == ("certain", True)


CROWD_IS_AT = {
    "jira": "{install}/atlassian-jira/WEB-INF/classes/crowd.properties",
    "confluence": "{install}/confluence/WEB-INF/classes/crowd.properties",
    "bamboo": "{home}/xml-data/configuration/crowd.properties",
}


@pytest.mark.parametrize("product", CROWD_IS_AT)
@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://crowd.example.org/crowd/services/", "https://crowd.example.org/crowd/services/"),
        ("http\\://localhost\\:8095/crowd", "http://localhost:8095/crowd"),
        ("https://crowd:secret@crowd.example.org/", ""),
        ("https://crowd.example.org/?password=secret", ""),
        ("${CROWD}", ""),
    ],
)
def test_which_crowd_it_is_is_read_where_no_secret_stands(product: str, written: str, address: str) -> None:
    properties = {CROWD_IS_AT[product]: f"application.password=secret\ncrowd.server.url={written}\n".encode()}
    answer = look_at(product, FakeNode({**SETTINGS[product], **seraph(product, "com.atlassian.crowd.integration.seraph.X"), **properties}))
    assert (answer["sign_on"]["state"], answer["sign_on"]["address"]) == ("on", address)
    assert "secret" not in str(answer)
    (line,) = sign_on_lines({"n1": answer})
    assert (f"; Crowd is at {address})" in line) == bool(address)


def test_plan_and_result_say_it_once_for_the_nodes_that_are_alike() -> None:
    off, unknown = ({"sign_on": {"server": "Crowd", "state": state}, "facts": []} for state in ("off", "unknown"))
    fact_of_it = {"name": "sign_on.state", "value": "X", "source": "/seraph-config.xml:4"}
    on = {"sign_on": {"server": "Crowd", "state": "on"}, "facts": [fact_of_it]}
    assert sign_on_lines({"n1": on, "n2": on, "n3": off, "n4": {}}) == [
        "Crowd single sign-on is on: treat Crowd too, or people come back without a password (/seraph-config.xml:4: X), on n1, n2"
    ]
    assert sign_on_lines({"n1": unknown})[0].startswith("whether Crowd single sign-on is on is not known")
    assert sign_on_lines({"n1": unknown})[0].endswith(" (no node tells), on n1")
    assert sign_on_lines({"n1": {"sign_on": unknown["sign_on"]}}) == sign_on_lines({"n1": unknown})
