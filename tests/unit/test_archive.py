# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, sidecars, room."""

from __future__ import annotations

import dataclasses
import json

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._archive import description
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError

HEADER = description.Header("jira", "sqlite", "sqlite /x", "", "remembermetoken", (("id", "bigint"), ("täg", "text")), "run-1")


@pytest.mark.parametrize(
    ("table", "number", "backup", "name"),
    [
        ("remembermetoken", 1, False, "remembermetoken-1.tsv.gz"),
        ("remembermetoken", 12, True, "backup-remembermetoken-12.tsv.gz"),
        ("../odd name", 1, False, "___odd_name-1.tsv.gz"),
        ("AO_ABC_TOKENS", 1, False, "AO_ABC_TOKENS-1.tsv.gz"),
    ],
)
def test_names_are_file_names_and_known_again(table: str, number: int, backup: bool, name: str) -> None:
    assert description.name_of(table, number, backup) == name
    assert description.is_archive(name, backup)
    assert not description.is_archive(name, not backup)
    assert description.number_of(name) == number
    assert description.number_of(f"x{name}x") == 0


@pytest.mark.parametrize(
    ("name", "table", "known"),
    [
        ("cwd_token-1.tsv.gz", "cwd_token", True),
        ("cwd_token-12.tsv.gz", "cwd_token", True),
        ("cwd_remember_me_token-1.tsv.gz", "cwd_token", False),
        ("cwd_token-1-1.tsv.gz", "cwd_token", False),
        ("odd_name-1.tsv.gz", "odd name", True),
    ],
)
@pytest.mark.parametrize("backup", [False, True])
def test_the_archives_of_one_table_are_told_from_those_of_another(name: str, table: str, known: bool, backup: bool) -> None:
    assert description.is_archive(f"{description.BACKUP * backup}{name}", backup, table) == known


@pytest.mark.parametrize("name", ["x.tsv.gz", "x-0.tsv.gz", "x-01.tsv.gz", "x-1.tsv", "x-1.json", ".draft-x", "-1.tsv.gz"])
def test_other_files_are_no_archives(name: str) -> None:
    assert not description.is_archive(name, backup=False)
    assert not description.is_archive(name, backup=True)


def test_the_sidecar_lies_beside_its_archive() -> None:
    assert description.sidecar_of("/a/x-1.tsv.gz") == "/a/x-1.json"


def test_a_sidecar_is_read_as_it_was_written() -> None:
    assert description.read_sidecar(description.sidecar_text(HEADER, 3, "ab"), "x.json") == (HEADER, 3, "ab")


def test_a_sidecar_tells_the_tls_of_its_run_and_an_older_one_tells_none() -> None:
    header = dataclasses.replace(HEADER, ssl_mode="verify-full")
    text = description.sidecar_text(header, 3, "ab")
    assert description.read_sidecar(text, "x.json")[0] == header
    assert description.read_sidecar(text.replace('"ssl_mode"', '"more"'), "x.json")[0] == HEADER


SIDECAR = description.sidecar_text(HEADER, 3, "ab")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"', json.dumps({"format": 1})])
def test_what_is_no_sidecar_is_refused(text: str) -> None:
    with pytest.raises(SessionsError, match=r"x\.json is damaged"):
        description.read_sidecar(text, "x.json")


def test_an_archive_may_have_no_row() -> None:
    assert description.read_sidecar(description.sidecar_text(HEADER, 0, "ab"), "x.json") == (HEADER, 0, "ab")


def test_a_sidecar_is_for_people_too_and_always_the_same() -> None:
    lines = description.sidecar_text(HEADER, 3, "ab").splitlines()
    names = [line.partition(":")[0].strip(' "') for line in lines if line.startswith(' "')]
    assert names == sorted(names)
    assert {"rows", "sha256"} < set(names)
    assert "täg" in "".join(lines)


@pytest.mark.parametrize("rows", ["1e999", "-1e999", "NaN", "-1", "1.5", "3.0", "true", "null", '"3"', "[]", str(1 << 63), "1" * 5000])
def test_a_number_of_rows_that_no_archive_has_is_refused(rows: str) -> None:
    with pytest.raises(SessionsError, match=r"x\.json is damaged"):
        description.read_sidecar(SIDECAR.replace('"rows": 3', f'"rows": {rows}'), "x.json")


def test_a_sidecar_of_a_newer_format_is_refused() -> None:
    text = description.sidecar_text(HEADER, 3, "ab").replace('"format": 1', '"format": 2')
    with pytest.raises(SessionsError, match=r"has format 2"):
        description.read_sidecar(text, "x.json")


def test_room_for_two_copies_and_a_margin_is_enough() -> None:
    description.check_room(2 * 1000 + description.ROOM_MARGIN, 1000, 2, "/a")
    description.check_room(1000 + description.ROOM_MARGIN, 1000, 1, "/a")


def test_one_byte_less_is_too_little_room() -> None:
    with pytest.raises(SessionsError, match="too little room for the archives in /a: 64 MiB free, 65 MiB needed"):
        description.check_room(2 * 1000 + description.ROOM_MARGIN - 1, 1000, 2, "/a")


@pytest.mark.parametrize(("count", "told"), [(1, "/a/t-1"), (2, "/a/t-1 and /a/t-2"), (3, "3 archives, /a/t-1 to /a/t-3")])
def test_of_many_archives_a_sentence_names_the_first_and_the_last(count: int, told: str) -> None:
    assert description.paths_told([description.Archive(f"/a/t-{n}", "", 1, "", 1, "", "") for n in range(1, count + 1)]) == told
