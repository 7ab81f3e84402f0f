# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The note beside the lock: whole or not there, of one deletion alone, and worth nothing where somebody else wrote it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_note import NAME, LiveNote
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.live_progress import grown

PROGRESS = grown(grown(None, "eve", True), "a b/ü", False)


def test_a_note_counts_after_its_own_deletion_alone_and_holds_no_name(tmp_path: Path) -> None:
    LiveNote(str(tmp_path), "one").write(PROGRESS)
    path = tmp_path / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "eve" not in path.read_text(encoding="utf-8")
    assert [LiveNote(str(tmp_path), deletion).read() for deletion in ("one", "two", "")] == [PROGRESS, None, None]
    LiveNote(str(tmp_path), "one").remove()
    LiveNote(str(tmp_path), "one").remove()
    assert list(tmp_path.iterdir()) == []


def test_the_sums_tell_the_order_of_the_names() -> None:
    one, other = grown(grown(None, "adam", True), "eve", True), grown(grown(None, "eve", True), "adam", True)
    assert (one["names"], one["chain"] == other["chain"], one["first"] == other["first"]) == (2, False, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        pytest.param("[" * 9000, id="JSON without a bottom"),
        json.dumps({"deletion": "one"}),
        json.dumps({"deletion": "one", **PROGRESS, "names": -1}),
        json.dumps({"run_id": "one", **PROGRESS}),
        json.dumps({"deletion": "one", **PROGRESS, "first": "x"}),
        json.dumps({"deletion": "one", **PROGRESS, "more": "x" * 20_000}),
    ],
)
def test_what_this_collection_did_not_write_is_no_note(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    assert LiveNote(str(tmp_path), "one").read() is None


def test_without_a_number_nothing_that_was_noted_counts(tmp_path: Path) -> None:
    LiveNote(str(tmp_path), "").write(PROGRESS)
    assert LiveNote(str(tmp_path), "").read() is None


def test_no_link_and_no_pipe_is_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    LiveNote(str(tmp_path), "one").write(PROGRESS)
    (tmp_path / NAME).rename(elsewhere)
    (tmp_path / NAME).symlink_to(elsewhere)
    assert LiveNote(str(tmp_path), "one").read() is None
    before = elsewhere.read_bytes()
    LiveNote(str(tmp_path), "one").write(PROGRESS)
    assert (elsewhere.read_bytes(), (tmp_path / NAME).is_symlink()) == (before, False)
    (tmp_path / NAME).unlink()
    os.mkfifo(tmp_path / NAME)
    assert LiveNote(str(tmp_path), "one").read() is None


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(SessionsError, match="How far the run is cannot be written"):
        LiveNote(str(tmp_path / "gone"), "one").write(PROGRESS)
