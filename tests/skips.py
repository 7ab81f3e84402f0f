# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ``CI=true`` is set, a skip is a failure, but one that says MAY_BE_MISSING."""

from __future__ import annotations

import os
import typing as t

import pytest

from demo.packages import MAY_BE_MISSING

Report = t.TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def without_skip(report: Report) -> Report:
    """The report, as it counts here."""
    expected_failure = hasattr(report, "wasxfail")
    if os.environ.get("CI") == "true" and report.skipped and not expected_failure:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if MAY_BE_MISSING in str(reason):
            return report
        report.outcome = "failed"
        report.longrepr = f"Not skipped here (CI=true): {reason}"
    return report
