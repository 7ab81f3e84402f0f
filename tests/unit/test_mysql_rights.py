# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account of MySQL or MariaDB may not be shown of a table: lines as the servers write them."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.mysql_rights import hidden_notes

USAGE = "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*D8'"
OWN = "GRANT SELECT, DELETE ON `my_db`.`tokens` TO `a`@`%`"
BOTH, KEYS, TRIGGERS, NONE = {"Triggers", "Foreign"}, {"Foreign"}, {"Triggers"}, set[str]()


@pytest.mark.parametrize(
    ("lines", "hidden"),
    [
        pytest.param([], BOTH, id="not told"),
        pytest.param([USAGE, OWN], BOTH, id="the rights to read and delete"),
        pytest.param([USAGE, "GRANT SELECT, DELETE, TRIGGER ON `my_db`.`tokens` TO `a`@`%`"], KEYS, id="on the table"),
        pytest.param([USAGE, "GRANT TRIGGER ON `my_db`.`others` TO `a`@`%`"], BOTH, id="on another table"),
        pytest.param([USAGE, "GRANT TRIGGER ON `our_db`.`tokens` TO `a`@`%`"], BOTH, id="on a table of that name elsewhere"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `my_db`.* TO `a`@`%` WITH GRANT OPTION"], NONE, id="on the database"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `my\\_db`.* TO `a`@`%`"], NONE, id="on the database, by its name alone"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `my%`.* TO `a`@`%`"], NONE, id="on all whose names begin so"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `m__db`.* TO `a`@`%`"], NONE, id="on all whose names have any two letters there"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `my\\%db`.* TO `a`@`%`"], BOTH, id="on one with a percent sign"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `my`.* TO `a`@`%`"], BOTH, id="on another database"),
        pytest.param([USAGE, "GRANT ALL PRIVILEGES ON `my.db`.* TO `a`@`%`"], BOTH, id="a point is no wildcard"),
        pytest.param(["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"], NONE, id="everywhere"),
        pytest.param(["GRANT SELECT, INSERT, TRIGGER, CREATE ROLE ON *.* TO `a`@`%`"], NONE, id="everywhere, by name"),
        pytest.param([USAGE, OWN, "GRANT REFERENCES ON `my_db`.* TO `a`@`%`"], TRIGGERS, id="keys alone"),
        pytest.param([USAGE, OWN, "GRANT DELETE ON `my_db`.* TO `a`@`%`"], BOTH, id="a right that shows neither"),
        pytest.param(
            [USAGE, "GRANT SELECT ON `my\\_db`.* TO `a`@`%`", "GRANT ALL PRIVILEGES ON `my%`.* TO `a`@`%`"],
            TRIGGERS,
            id="of two patterns one counts",
        ),
        pytest.param(
            [USAGE, "GRANT SELECT ON `my_db`.* TO `a`@`%`", "GRANT `r` TO `a`@`%`", "GRANT TRIGGER ON `my_db`.* TO `r`"],
            NONE,
            id="by a role",
        ),
        pytest.param(
            ["GRANT ALL PRIVILEGES ON *.* TO `a`@`%`", "REVOKE SELECT, TRIGGER ON `my_db`.* FROM `a`@`%`"], BOTH, id="but not here"
        ),
        pytest.param(["GRANT ALL PRIVILEGES ON *.* TO `a`@`%`", "REVOKE TRIGGER ON `mysql`.* FROM `a`@`%`"], NONE, id="but not elsewhere"),
        pytest.param(
            [USAGE, "GRANT SELECT (`ID`, TRIGGER, SECRET), DELETE ON `my_db`.`tokens` TO `a`@`%`"], BOTH, id="a column of that name"
        ),
        pytest.param(
            [USAGE, "GRANT EXECUTE ON PROCEDURE `my_db`.`tokens` TO `a`@`%`", "GRANT PROXY ON ''@'%' TO 'a'@'%'"], BOTH, id="others"
        ),
        pytest.param([USAGE, "GRANT TRIGGER, SELECT ON `my_db`.`tok``ens` TO `a`@`%`"], BOTH, id="a quoted quote"),
    ],
)
def test_what_is_hidden_is_what_no_right_shows(lines: list[str], hidden: set[str]) -> None:
    assert {note.split(" ")[0] for note in hidden_notes(lines, "my_db", "tokens")} == hidden


def test_a_quote_in_a_name_is_one() -> None:
    assert len(hidden_notes(["GRANT TRIGGER ON `a``b`.`tok``ens` TO `a`@`%`"], "a`b", "tok`ens")) == 1


@pytest.mark.parametrize("pattern", ["my%", "my_db", "my\n%", "my\\\ndb"])
def test_an_end_of_line_in_a_name_is_a_character_as_others(pattern: str) -> None:
    assert hidden_notes([f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO `a`@`%`"], "my\ndb", "tokens") == []
