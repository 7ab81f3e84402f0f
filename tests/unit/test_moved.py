# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process is known by its open files to run from another installation than its install folder is by now."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.moved import moved_from

SIGN = "atlassian-jira/WEB-INF/classes/jira-application.properties"
# which file each name is of: by a bind mount one has two names
FILES = {f"/opt/jira-9/{SIGN}": 9, f"/opt/jira-10/{SIGN}": 10, f"/bound/{SIGN}": 10, f"/opt/jira-10/inner/{SIGN}": 11}
OLD, NEW, HOME = "/opt/jira-9/lib/catalina.jar", "/opt/jira-10/lib/catalina.jar", "/var/jira/log/atlassian-jira.log"


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ([HOME, OLD], "/opt/jira-9"),
        (["/opt/jira-9/atlassian-jira/WEB-INF/lib/x.jar", "socket:[41]", "/dev/null"], "/opt/jira-9"),
        ([f"{OLD} (deleted)"], "/opt/jira-9"),
        ([OLD, NEW], ""),
        ([OLD, f"{NEW} (deleted)"], ""),
        ([NEW], ""),
        (["/bound/lib/catalina.jar"], ""),
        (["/opt/jira-8/lib/catalina.jar (deleted)"], ""),
        (["/opt/jira-100/lib/catalina.jar"], ""),
        ([HOME, "pipe:[42]", "/dev/null", "anon_inode:[eventpoll]"], ""),
        ([], ""),
    ],
    ids=[
        "jars of another one",
        "jars of its application",
        "a jar that was replaced in another one",
        "jars of both",
        "a jar that was replaced here",
        "its own",
        "by a bind mount",
        "one that is gone",
        "no installation",
        "no jars",
        "nothing to be seen",
    ],
)
def test_a_process_with_files_of_another_installation_and_none_of_its_folder_runs_from_that_one(opened: list[str], expected: str) -> None:
    assert moved_from(opened, "/opt/jira-10", ["README.never", SIGN], FILES.get) == expected
