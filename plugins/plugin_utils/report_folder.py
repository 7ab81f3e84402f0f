# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the controller into which the evidence is copied (force_reauth_report_dir)."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._evidence.files import written


def check_report_folder(report_dir: str) -> None:
    """Raises SessionsError where nothing could be written there: asked before anything is changed."""
    if not report_dir:
        return
    try:
        folder = Path(report_dir).expanduser()
    except RuntimeError:
        raise SessionsError(f"force_reauth_report_dir={report_dir}: nobody here has that home folder") from None
    known = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if not known.is_dir():
        raise SessionsError(f"force_reauth_report_dir={report_dir}: {known} is no folder")
    if not os.access(known, os.W_OK | os.X_OK):
        raise SessionsError(f"force_reauth_report_dir={report_dir}: {known} on the controller is not open for writing to this account")


def copied(report_dir: str, cluster: str, run_id: str, texts: t.Mapping[str, str]) -> list[str]:
    """Write the files there, 0600, each with cluster and run in its name; returns their paths. Raises SessionsError."""
    return kept(report_dir, {f"{cluster}.{run_id}.{name}": text for name, text in texts.items()})


def kept(report_dir: str, texts: t.Mapping[str, str]) -> list[str]:
    """Write the files there, 0600, by their names; returns their paths. Raises SessionsError."""
    folder = Path(report_dir).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SessionsError(f"The folder {folder} of the controller cannot be made: {error.strerror}.") from error
    return written(folder, texts)
