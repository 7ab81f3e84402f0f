# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of the role, written as a text, a number, a list: understood, or refused by its name."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.settings import (
    check_names,
    check_together,
    disagreements,
    is_true,
    typed,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

ROLE = Path(__file__).resolve().parents[2] / "roles/force_reauth"
SPECS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
OPTIONS: dict[str, t.Any] = {name: option for entry in SPECS.values() for name, option in entry["options"].items()}
DEFAULTS: dict[str, t.Any] = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
TEXTS = [name for name, option in OPTIONS.items() if option["type"] in ("str", "path") and not option.get("choices")]
LISTS = [name for name, option in OPTIONS.items() if option["type"] == "list" and option["elements"] == "str"]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("username", "did you mean force_reauth_usernames?"),
        ("exclude_username", "did you mean force_reauth_exclude_usernames?"),
        ("archive_recipient", "did you mean force_reauth_archive_recipients?"),
        ("batch", "did you mean force_reauth_batches?"),
        ("my_pool", "name a variable of your own without force_reauth_."),
        ("", "name a variable of your own without force_reauth_."),
    ],
)
def test_a_misspelt_name_is_refused_with_the_name_that_is_nearest(name: str, more: str) -> None:
    with pytest.raises(SessionsError) as refused:
        check_names([f"force_reauth_{name}"], OPTIONS)
    assert str(refused.value) == f"force_reauth_{name} is no variable of this role: {more}"


def test_all_misspelt_names_are_told_at_once() -> None:
    with pytest.raises(SessionsError) as refused:
        check_names(["force_reauth_route", "force_reauth_rute", "force_reauth_batch"], OPTIONS)
    assert re.findall(r"(\w+) is no variable", str(refused.value)) == ["force_reauth_batch", "force_reauth_rute"]


def test_every_variable_and_whatever_is_named_otherwise_is_let_through() -> None:
    # the statistics of a run and of session_status come back as variables in a workflow of AWX
    others = ["force_reauth", "force_reauth_status", "__force_reauth_plan", "site_force_reauth_pool", "ansible_user", "groups"]
    check_names([*OPTIONS, *others], OPTIONS)


def _of(kind: str) -> list[str]:
    found = [name for name, option in OPTIONS.items() if option["type"] == kind]
    assert found
    return found


def _taken(name: str, value: object) -> t.Any:
    return typed({name: value}, OPTIONS, DEFAULTS)[name.removeprefix("force_reauth_")]


def _refusal(name: str, value: object) -> str:
    with pytest.raises(SessionsError) as refused:
        _taken(name, value)
    return str(refused.value)


# what a blank would make wider, or less safe: the word that says it, and what that means
SAID: dict[str, tuple[object, object]] = {
    "force_reauth_usernames": ("everybody", None),
    "force_reauth_exclude_usernames": ("nobody", []),
    "force_reauth_archive_recipients": ("none", []),
    "force_reauth_spared_username": ("nobody", ""),
    "force_reauth_database_ssl_mode": ("auto", ""),
    "force_reauth_min_up": (-1, -1),
    "force_reauth_drain": ("none", "none"),
}


@pytest.mark.parametrize("blank", [None, "", "  ", "\n"])
@pytest.mark.parametrize("name", [name for name in OPTIONS if not OPTIONS[name].get("no_log") and name not in SAID])
def test_nothing_is_the_default_where_it_makes_nothing_wider(name: str, blank: object) -> None:
    assert _taken(name, blank) == typed({}, OPTIONS, DEFAULTS)[name.removeprefix("force_reauth_")]


@pytest.mark.parametrize("name", [name for name in OPTIONS if name not in SAID and name != "force_reauth_batches"])
def test_what_is_not_given_is_the_default(name: str) -> None:
    assert typed({}, OPTIONS, DEFAULTS)[name.removeprefix("force_reauth_")] == DEFAULTS[name]


@pytest.mark.parametrize("blank", [None, "", "  ", "\n"])
@pytest.mark.parametrize(("name", "word"), [(name, word) for name, (word, _meant) in SAID.items()])
def test_what_narrows_or_protects_and_is_given_and_empty_is_refused_with_the_word_to_say(name: str, word: object, blank: object) -> None:
    assert _refusal(name, blank) == f"{name} is given and empty: leave it out, or say {word}"


@pytest.mark.parametrize(("name", "word", "meant"), [(name, *one) for name, one in SAID.items()])
def test_that_word_is_the_default_and_means_the_same_as_leaving_it_out(name: str, word: object, meant: object) -> None:
    assert DEFAULTS[name] == word
    assert _taken(name, word) == _taken(name, f" {word} ") == typed({}, OPTIONS, DEFAULTS)[name.removeprefix("force_reauth_")] == meant


@pytest.mark.parametrize("name", ["force_reauth_usernames", "force_reauth_exclude_usernames"])
def test_such_a_word_in_a_list_is_the_name_of_a_user(name: str) -> None:
    assert _taken(name, [DEFAULTS[name]]) == _taken(name, f'["{DEFAULTS[name]}"]') == [DEFAULTS[name]]


def test_such_a_word_is_understood_as_a_person_writes_it() -> None:
    assert _taken("force_reauth_usernames", "Everybody") is None


@pytest.mark.parametrize("name", _of("bool"))
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("False", False),
        (" yes ", True),
        ("no", False),
        (1, True),
        ("0", False),
    ],
)
def test_a_truth_value_is_understood_however_it_is_written(name: str, written: object, meant: bool) -> None:
    assert _taken(name, written) is meant


@pytest.mark.parametrize("name", _of("bool"))
@pytest.mark.parametrize("written", ["maybe", "2", 2, 1.5, [True], {}])
def test_what_is_no_truth_value_is_refused_by_name(name: str, written: object) -> None:
    assert _refusal(name, written).startswith(f"{name} is true or false, not {str(written)!r}")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((one, True) for one in (True, 1, "y", "t", "True ", " YES", "On\n")),
        *((one, False) for one in (False, 0, "n", "f", "", None, "maybe", 2, [True])),
    ],
)
def test_a_variable_that_is_read_before_all_are_taken_says_true_in_the_same_ways(written: object, meant: bool) -> None:
    assert is_true(written) is meant


@pytest.mark.parametrize("name", _of("int"))
@pytest.mark.parametrize(("written", "meant"), [(3, 3), ("3", 3), (" 3 ", 3), ("+2", 2)])
def test_a_whole_number_is_understood_as_text(name: str, written: object, meant: int) -> None:
    assert _taken(name, written) == meant


@pytest.mark.parametrize("name", _of("int"))
@pytest.mark.parametrize("written", ["three", "3.5", 3.5, "1e3", True, [3], "3 4", "--3", "٣"])
def test_what_is_no_whole_number_is_refused_by_name(name: str, written: object) -> None:
    assert _refusal(name, written).startswith(f"{name} is a whole number, not ")


@pytest.mark.parametrize("name", _of("int"))
@pytest.mark.parametrize("written", [-2, "-2", "-30"])
def test_a_number_that_is_less_than_nothing_is_refused_by_name(name: str, written: object) -> None:
    assert re.fullmatch(rf"{name} is -?\d+ or more, not {written}", _refusal(name, written))


@pytest.mark.parametrize("name", ["request_timeout", "stop_timeout", "gate_timeout", "settle_polls"])
def test_no_time_and_no_look_at_all_is_refused_before_the_tokens_are_gone(name: str) -> None:
    assert _refusal(f"force_reauth_{name}", 0) == f"force_reauth_{name} is 1 or more, not 0"


def test_all_but_the_largest_batch_and_no_node_at_all_may_stay_up() -> None:
    assert [_taken("force_reauth_min_up", number) for number in ("-1", 0)] == [-1, 0]


@pytest.mark.parametrize("name", _of("float"))
@pytest.mark.parametrize(("written", "meant"), [(3, 3.0), ("0.5", 0.5), (" 5 ", 5.0), (0, 0.0)])
def test_a_number_is_understood_as_text(name: str, written: object, meant: float) -> None:
    assert _taken(name, written) == meant


@pytest.mark.parametrize("name", _of("float"))
@pytest.mark.parametrize("written", ["fast", True, "-1", -0.5, "inf", "nan", [1]])
def test_what_is_no_number_is_refused_by_name(name: str, written: object) -> None:
    assert _refusal(name, written) == f"{name} is a number, 0 or more, not {str(written)!r}"


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("written", [True, 1.10, 20240101, *yaml.safe_load("[0042, 12:30:45, 0x1f]"), ["a"], {"a": 1}])
def test_what_yaml_made_of_a_text_is_refused_with_the_way_to_write_it(name: str, written: object) -> None:
    assert _refusal(name, written) == f"{name} is a text: put its value between quotes"


@pytest.mark.parametrize("name", [name for name in TEXTS if not OPTIONS[name].get("no_log")])
def test_blanks_around_a_text_are_none_of_it(name: str) -> None:
    assert _taken(name, " /one two ") == "/one two"


@pytest.mark.parametrize("name", ["force_reauth_run_id", "force_reauth_database_password"])
def test_digits_that_are_a_text_stay_as_they_are_written(name: str) -> None:
    class Marked(str):
        """As Ansible marks texts that come from a file or a vault."""

    for written in ("0042", Marked("0042")):
        taken = _taken(name, written)
        assert (taken, type(taken)) == ("0042", str)


@pytest.mark.parametrize("name", [name for name in TEXTS if OPTIONS[name].get("no_log")])
@pytest.mark.parametrize("secret", [" with blanks ", "   ", "{{ x }}"])
def test_a_password_is_taken_to_the_letter(name: str, secret: str) -> None:
    assert _taken(name, secret) == secret


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.get("choices")])
def test_another_word_than_the_known_ones_is_refused_with_them(name: str) -> None:
    assert _refusal(name, "other") == f"{name} is one of {', '.join(OPTIONS[name]['choices'])}, not 'other'"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["adam", "eve"], ["adam", "eve"]),
        ("adam,eve", ["adam", "eve"]),
        (" adam , eve ", ["adam", "eve"]),
        ("25%", ["25%"]),
        ("0042", ["0042"]),
        ('["0042"]', ["0042"]),
        ("[]", []),
    ],
)
def test_a_list_is_understood_as_text_and_as_one_item(name: str, written: object, meant: list[str]) -> None:
    assert _taken(name, written) == meant


@pytest.mark.parametrize(("written", "meant"), [(2, ["2"]), ([1, "25%"], ["1", "25%"]), ('[1, "25%"]', ["1", "25%"])])
def test_counts_of_batches_may_be_numbers(written: object, meant: list[str]) -> None:
    assert _taken("force_reauth_batches", written) == meant


@pytest.mark.parametrize("name", [name for name in LISTS if name != "force_reauth_batches"])
@pytest.mark.parametrize("written", [42, [42], "[42]", ["eve", 42]])
def test_a_number_is_no_item_of_another_list(name: str, written: object) -> None:
    assert _refusal(name, written) == f"{name} is a text: put its value between quotes"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        pytest.param("[" * 9000, "{name} begins like a list in JSON, and is none", id="JSON without a bottom"),
        ("[1, ", "{name} begins like a list in JSON, and is none"),
        ("a,,b", "{name} has an empty item"),
        ([""], "{name} has an empty item"),
        ([True], "{name} is a text: put its value between quotes"),
        ([1.5], "{name} is a text: put its value between quotes"),
        ([["a"]], "{name} is a text: put its value between quotes"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_by_name(name: str, written: object, sentence: str) -> None:
    assert _refusal(name, written) == sentence.format(name=name)


@pytest.mark.parametrize("entry", ["main", "restore"])
def test_the_engines_that_may_be_named_are_those_that_are_known(entry: str) -> None:
    option = SPECS[entry]["options"]["force_reauth_database_engine"]
    # the default of the role, where the product's settings tell it
    assert option["choices"] == [""] * (not option.get("required")) + list(ENGINES)


def test_an_engine_that_is_none_is_refused_before_any_node_is_asked() -> None:
    assert _refusal("force_reauth_database_engine", "mssql").startswith("force_reauth_database_engine is one of postgresql, ")


ARCHIVE = {"path": "/a.tsv.gz", "sha256": "00"}


@pytest.mark.parametrize(
    "written", [[ARCHIVE], ARCHIVE, '[{"path": "/a.tsv.gz", "sha256": "00"}]', '{"path": "/a.tsv.gz", "sha256": "00"}']
)
def test_archives_are_understood_as_text(written: object) -> None:
    assert _taken("force_reauth_restore_archives", written) == [ARCHIVE]


@pytest.mark.parametrize("written", ["/a.tsv.gz", [{"path": "/a"}], [{**ARCHIVE, "more": "x"}]])
def test_archives_without_their_checksum_are_refused(written: object) -> None:
    assert _refusal("force_reauth_restore_archives", written) == "force_reauth_restore_archives is a list of path and sha256"


def test_what_must_be_given_and_is_given_is_taken() -> None:
    assert typed({"force_reauth_product": "jira"}, OPTIONS, DEFAULTS, required=["force_reauth_product"])["product"] == "jira"


@pytest.mark.parametrize("value", ["", " ", None])
def test_what_must_be_given_and_is_blank_is_missing(value: object) -> None:
    with pytest.raises(SessionsError, match=r"^force_reauth_product must be given$"):
        typed({"force_reauth_product": value}, OPTIONS, DEFAULTS, required=["force_reauth_product"])


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 60), (61, "x" * 60 + "..")])
def test_a_long_value_is_quoted_by_its_beginning(length: int, shown: str) -> None:
    assert _refusal("force_reauth_min_up", "x" * length) == f"force_reauth_min_up is a whole number, not {shown!r}"


@pytest.mark.parametrize("number", ["1000000000", "0001000000000"])
def test_a_number_is_not_larger_than_anybody_can_mean(number: str) -> None:
    assert _taken("force_reauth_settle_polls", number) == 10**9
    assert _refusal("force_reauth_settle_polls", number + "0") == "force_reauth_settle_polls is 1000000000 or less"
    assert _refusal("force_reauth_settle_polls", "1000000001") == "force_reauth_settle_polls is 1000000000 or less"


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SessionsError) as refused:
        typed({"force_reauth_min_up": "x", "force_reauth_route": "y"}, OPTIONS, DEFAULTS, required=["force_reauth_product"])
    assert str(refused.value).split("; ") == [
        "force_reauth_product must be given",
        "force_reauth_route is one of auto, rolling, outage, live, not 'y'",
        "force_reauth_min_up is a whole number, not 'x'",
    ]


@pytest.mark.parametrize(
    ("polls", "pause", "seconds", "fits"),
    [(3, 5, 1800, True), (3, 5, 11, True), (3, 5, 10, False), (1, 60, 1, True), (400, "4.6", 1800, False)],
)
def test_a_gate_that_no_node_could_pass_is_refused_before_the_tokens_are_gone(polls: int, pause: object, seconds: int, fits: bool) -> None:
    given = {"force_reauth_settle_polls": polls, "force_reauth_poll_seconds": pause, "force_reauth_gate_timeout": seconds}
    taken = typed(given, OPTIONS, DEFAULTS)
    if fits:
        check_together(taken)
        return
    with pytest.raises(SessionsError) as refused:
        check_together(taken)
    assert str(refused.value) == (
        f"no node could pass its gate: force_reauth_settle_polls={polls} looks, force_reauth_poll_seconds={pause} apart, take longer than "
        f"force_reauth_gate_timeout={seconds}"
    )


@pytest.mark.parametrize(("run_id", "abandon", "together"), [("CHG-2", "CHG-1", True), ("", "CHG-1", True), ("CHG-1", "CHG-1", False)])
def test_a_run_is_not_set_aside_for_itself(run_id: str, abandon: str, together: bool) -> None:
    taken = typed({"force_reauth_run_id": run_id, "force_reauth_abandon": abandon}, OPTIONS, DEFAULTS)
    if together:
        check_together(taken)
        return
    with pytest.raises(SessionsError, match="both name run CHG-1: a run is resumed, or set aside for a new one"):
        check_together(taken)


@pytest.mark.parametrize("revoke", ["database", "auto", "manual", "product"])
def test_recipients_of_archives_that_nobody_makes_are_refused(revoke: str) -> None:
    taken = typed({"force_reauth_archive_recipients": ["age1x"], "force_reauth_revoke": revoke}, OPTIONS, DEFAULTS)
    if revoke in ("database", "auto"):
        check_together(taken)
        return
    with pytest.raises(SessionsError, match=f"with force_reauth_revoke={revoke} there are none: leave one of them out"):
        check_together(taken)


@pytest.mark.parametrize("path", ["archives", "./x", "../x", "~nobody/x", "stop.yml"])
@pytest.mark.parametrize("name", [one for one in _of("path") if one != "force_reauth_report_dir"])
def test_a_part_of_a_path_is_refused_by_name(name: str, path: str) -> None:
    assert _refusal(name, path) == f"{name} is a whole path, which begins with / or ~/, not {path!r}"


@pytest.mark.parametrize("path", ["/srv/x", "~", "~/x"])
@pytest.mark.parametrize("name", _of("path"))
def test_a_whole_path_is_taken(name: str, path: str) -> None:
    assert _taken(name, path) == path


def test_an_archive_to_be_put_back_is_named_by_its_whole_path() -> None:
    said = _refusal("force_reauth_restore_archives", [{**ARCHIVE, "path": "here.tsv.gz"}])
    assert said == "force_reauth_restore_archives.path is a whole path, which begins with / or ~/, not 'here.tsv.gz'"


def test_evidence_may_be_copied_below_the_folder_where_the_playbook_is_started() -> None:
    assert _taken("force_reauth_report_dir", "reports") == "reports"


@pytest.mark.parametrize(
    ("name", "most"),
    [("force_reauth_database_port", 65_535), ("force_reauth_stop_timeout", 604_800), ("force_reauth_poll_seconds", 604_800)],
)
def test_what_no_wait_and_no_port_can_be_is_refused_before_the_tokens_are_gone(name: str, most: int) -> None:
    assert _taken(name, most) == most
    for more in (most + 1, "9" * 9000 if name != "force_reauth_poll_seconds" else "1e300"):
        assert _refusal(name, more) == f"{name} is {most} or less"


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(_refusal("force_reauth_min_up", "x" * 10_000)) < 150


def test_a_cluster_without_a_node_has_nothing_that_is_told_in_two_ways() -> None:
    assert disagreements({}) == []


@pytest.mark.parametrize("written", [True, 42])
def test_what_is_no_text_in_an_archive_is_refused_by_its_name(written: object) -> None:
    said = _refusal("force_reauth_restore_archives", [{**ARCHIVE, "sha256": written}])
    assert said == "force_reauth_restore_archives.sha256 is a text: put its value between quotes"


def test_a_setting_of_the_cluster_that_nodes_have_differently_is_named() -> None:
    one, other = (typed({"force_reauth_database_server": server}, OPTIONS, DEFAULTS) for server in ("a", "b"))
    assert disagreements({"n1": one, "n2": one, "n3": other}) == [
        "force_reauth_database_server is said once for the cluster, and n3 and n1 have different values"
    ]


def test_what_a_node_may_have_of_its_own_is_no_disagreement() -> None:
    one, other = (typed({"force_reauth_install_dir": path}, OPTIONS, DEFAULTS) for path in ("/a", "/b"))
    assert disagreements({"n1": one, "n2": other}) == []
