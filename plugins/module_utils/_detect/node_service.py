# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node asked, or stopped and its saved sessions removed, or started. Every function raises SessionsError with a sentence."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.locale_settings import is_locale
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.seconds import check_seconds
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_gone import look_for_stopped
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.rights import check_known
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.saved_sessions import find_saved, remove_saved
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service import (
    Way,
    act,
    removing,
    try_manager,
    try_stop,
    try_way,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.systemd import is_active
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.gate import Limits, Look, wait_at

Options = t.Mapping[str, t.Any]

# twice: what restarts the process by itself does it within a second
_GONE_TWICE, _PAUSE = 2, 1.0
_WORKS_BY = {"systemd": ("unit",), "scripts": ("start_command", "stop_command"), "tasks": ()}


def way_of(options: Options) -> Way:
    """As product_detect found it; raises SessionsError for a locale or timeout that is none, and for a manager without what it works by."""
    if not is_locale(options["locale"]):
        raise SessionsError("The option locale of node_service is what product_detect returned: language and time zone, and nothing else.")
    check_seconds("timeout", options["timeout"])
    missing = [name for name in _WORKS_BY[options["manager"]] if not options[name]]
    if missing:
        raise SessionsError(f"With manager={options['manager']} node_service is given {' and '.join(missing)}, too. Nothing was changed.")
    return Way(
        options["manager"],
        options["install_dir"],
        options["unit"],
        options["account"] or "",
        tuple(options["start_command"]),
        tuple(options["stop_command"]),
        options["locale"],
    )


def _check_account_given(state: str, options: Options) -> None:
    """Raises SessionsError where it is left out, which is no word of product_detect's that nobody knows it."""
    needed = state != "started" or options["manager"] == "scripts"
    if needed and options["account"] is None:
        raise SessionsError(
            f"With state={state} and manager={options['manager']} node_service is given account, too: control.account of product_detect. "
            "Nothing was changed."
        )


def reached(state: str, options: Options, check_mode: bool) -> dict[str, t.Any]:
    """``state``: asked, stopped or started. Keys as of ``stopped``, with ``state``."""
    _check_account_given(state, options)
    if state == "asked":
        return {"state": state, **asked(options)}
    return {"state": state, **(stopped if state == "stopped" else started)(options, check_mode)}


def asked(options: Options) -> dict[str, t.Any]:
    """Whether it could be stopped, cleaned and started; nothing is changed. Keys as of ``stopped``."""
    product, way = product_named(options["product"]), way_of(options)
    seen = look_for_stopped(product, way.install_dir)
    try_way(way)
    if not seen["ready"]:
        try_stop(way, "")
    with removing(way, options["saved_sessions"]):
        found = find_saved(way.install_dir, options["saved_sessions"])
    return {"changed": False, "process": seen["process"], "removed": found}


def stopped(options: Options, check_mode: bool) -> dict[str, t.Any]:
    """Stop it where it runs, wait until every process is gone, remove what it saved. Keys: ``changed``, ``process``, ``removed``."""
    product, way = product_named(options["product"]), way_of(options)
    before = look_for_stopped(product, way.install_dir)
    to_stop = not before["ready"] and way.manager != "tasks"
    if check_mode:
        found = asked(options)["removed"]
        return {"changed": bool(found) or to_stop, "process": before["process"], "removed": found}
    check_known(way.account)
    # looked up before it is down: with DynamicUser the account is gone then
    as_remover = removing(way, options["saved_sessions"])
    if to_stop:
        _stop(product, way, options["timeout"])
    _wait_until_gone(product, way, options["timeout"])
    with as_remover:
        removed = remove_saved(way.install_dir, options["saved_sessions"])
    return {"changed": bool(removed) or to_stop, "process": before["process"], "removed": removed}


def started(options: Options, check_mode: bool) -> dict[str, t.Any]:
    """Start it where it does not run. Keys as of ``stopped``; whether it comes up is the gate's to see."""
    product, way = product_named(options["product"]), way_of(options)
    before = look_for_stopped(product, way.install_dir)
    to_start = before["ready"] and way.manager != "tasks"
    if to_start and check_mode:
        try_manager(way)
    elif to_start:
        _start(product, way, options["timeout"])
    return {"changed": to_start, "process": before["process"], "removed": []}


def _stop(product: Product, way: Way, seconds: float) -> None:
    try:
        act(way, "stop", seconds)
    except SessionsError as error:
        # what stopped the node may complain all the same: of a pid file, or of something that it stops beside it
        seen = look_for_stopped(product, way.install_dir)
        if not seen["ready"]:
            raise SessionsError(f"{error} Seen then: {seen['saw']}.") from None


def _start(product: Product, way: Way, seconds: float) -> None:
    # with RemainAfterExit, or a search that outlives the product, a unit stays active when the node dies
    if way.manager == "systemd" and is_active(way.unit):
        _stop(product, way, seconds)
    act(way, "start", seconds)


def _wait_until_gone(product: Product, way: Way, seconds: float) -> None:
    def look() -> Look:
        found = look_for_stopped(product, way.install_dir)
        return Look(found["ready"], "", found["saw"])

    passage = wait_at(Limits(_GONE_TWICE, _PAUSE, seconds), look, time.monotonic, time.sleep, lambda _line: None)
    if not passage.passed:
        raise SessionsError(f"The node was not gone within {seconds:.0f} s. Last seen: {passage.saw}.")
