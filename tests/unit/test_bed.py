# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bed of real hosts needs is named when it is missing; the rest of it is tested by its use, in tests/hosts."""

from __future__ import annotations

import os
import shutil

import pytest

from demo.imitated import PRODUCTS
from tests.hosts.bed import image, needs, reservation
from tests.hosts.bed.application import shape
from tests.hosts.bed.places import address, node_names
from tests.hosts.bed.services import database_of


def test_who_is_not_root_is_told_so_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (sentence,) = needs.missing()
    assert "needs root" in sentence


def test_a_missing_program_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "mmdebstrap" else program)
    assert needs.missing() == ["The bed of hosts needs mmdebstrap: python -m demo.packages bed installs them."]


def test_each_trial_that_fails_has_its_own_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program: program)
    monkeypatch.setattr(needs, "_TRIALS", ((lambda: True, "fine"), (lambda: False, "no overlayfs"), (lambda: False, "no veth")))
    assert needs.missing() == ["no overlayfs", "no veth"]


def test_another_recipe_is_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.archive()
    monkeypatch.setattr(image, "PACKAGES", (*image.PACKAGES, "tomcat9"))
    assert (image.archive() != before, image.archive().parent) == (True, before.parent)


def test_a_bed_that_another_process_uses_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reservation, "_NAME", f"dcops-bed-test-{os.getpid()}")
    with reservation.reserved(seconds=0):
        with pytest.raises(TimeoutError, match="which another process on this machine uses"), reservation.reserved(seconds=0):
            pass
        monkeypatch.setenv(reservation.VARIABLE, "true")
        with reservation.reserved(seconds=0):
            monkeypatch.delenv(reservation.VARIABLE)
    with reservation.reserved(seconds=0):
        pass


def test_hosts_have_addresses_of_their_own() -> None:
    names = [*node_names(20), "lb", "db"]
    assert len({address(name) for name in names}) == len(names)


@pytest.mark.parametrize(("product", "found_by"), [("jira", "u.lower_user_name"), ("bamboo", "t.username"), ("fisheye", "u.cru_user_name")])
def test_the_application_finds_a_user_by_id_and_token(product: str, found_by: str) -> None:
    told = shape(PRODUCTS[product], database_of(PRODUCTS[product], "postgresql"))
    assert told["sql.find"].split()[1] == found_by
    assert told["sql.insert"].count("?") == len(told["sql.insert.words"].split(","))
