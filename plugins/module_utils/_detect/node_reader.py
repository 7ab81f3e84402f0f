# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a node: finds the installation, reads its files and its process. Changes nothing."""

from __future__ import annotations

import os
import pwd
import typing as t
from dataclasses import dataclass

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.account import account
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.locale_settings import locale_in
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.belonging import (
    InstallationOwners,
    belongs,
    check_installation,
    check_not_moved,
    find_processes,
    is_installation,
    is_stranger,
    left_out,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.home import find_home, usual_home
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.host_node import HostNode
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.installation import describe
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.node_state import look_for_role
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.process import (
    Process,
    all_processes,
    boot_id,
    environment_of,
    held_with,
    install_dir_of,
    pids_in_containers,
    seconds_of,
    starter_of,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.rights import Owners, account_of_scripts
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.saved_sessions import find_saved
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service import (
    Way,
    check_may_remove,
    check_stays,
    environment_of_scripts,
    java_in,
    pid_file_problem,
    removing,
    try_stop,
    try_way,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.service_manager import Member, Seen, Unit, decide_control
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.systemd import (
    find_holder,
    find_unit,
    find_unit_of,
    folders_started,
)
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.node_lock import NodeLock
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site


@dataclass(frozen=True)
class _Install:
    product: Product
    folder: str


def detect(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The answer of product_detect to its options; raises SessionsError."""
    install = _the_one(_named(options) or _on_this_host(options), options)
    processes = find_processes(install.product, install.folder)
    check_not_moved(install.product, processes)
    unit = options["service"] if options["service"] or processes else _unit_of_stopped(install)
    node = HostNode(processes[0] if processes else None, unit)
    home = _home(install, node, options["home_dir"], options.get("run_id", ""))
    answer = describe(install.product, install.folder, home, node, options["node_url"])
    site_url, seconds, certs = options["site_url"] or answer["site_url"], options["request_timeout"], options["validate_certs"]
    site = Site(answer["url"], site_url, seconds, certs) if processes and answer["url"] else None
    role = look_for_role(install.product, site) if site else ""
    return {
        **answer,
        "process": {**_process_row(processes), "strangers": _not_ours([install.product])},
        "control": _control(install, answer, processes, options, unit),
        "install_dir_by": _told_by(install, options),
        "home_identity": _identity_of_folder(home.value),
        "role_in_cluster": role,
        # the primary last: a restart of it makes another node take over
        "restart_order": int(role == "primary"),
        "account": account(),
    }


def _candidates(options: t.Mapping[str, t.Any]) -> list[Product]:
    if options["product"]:
        return [product_named(options["product"])]
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS

    return list(PRODUCTS.values())


def _named(options: t.Mapping[str, t.Any]) -> list[_Install]:
    folder = options["install_dir"]
    if not folder:
        return []
    check_installation(_candidates(options), folder)
    return [_Install(product, folder.rstrip("/")) for product in _candidates(options) if is_installation(product, folder)]


def _marked(products: t.Sequence[Product]) -> list[tuple[_Install, Process]]:
    """What says in its arguments that it runs from an installation that is there."""
    return [
        (_Install(product, os.path.realpath(install_dir_of(product, process))), process)
        for product in products
        for process in all_processes(product)
        if is_installation(product, install_dir_of(product, process))
    ]


def _running(options: t.Mapping[str, t.Any]) -> list[_Install]:
    # a stranger may name any installation, an old one beside the product's for example
    marked = _marked(_candidates(options))
    own = {one for one, process in marked if belongs(process, one.folder, InstallationOwners(one.product, one.folder))}
    return sorted(own, key=lambda one: one.folder)


def _not_ours(products: t.Sequence[Product]) -> str:
    """A clause on what bears the marks of a product and is no node of this host; '' when there is none."""
    return "; ".join(clause for clause in (_in_containers(products), _strangers(products)) if clause)


def _in_containers(products: t.Sequence[Product]) -> str:
    found = [(pid, product.title) for product in products for pid in pids_in_containers(product)]
    if not found:
        return ""
    pid, title = found[0]
    return f"the process {pid} bears the marks of {title} in a container (another root), which this collection neither stops nor starts"


def _strangers(products: t.Sequence[Product]) -> str:
    """A clause on what bears the marks of a product and is none of it, with what to do if it is one; '' when there is none."""
    marked = _marked(products)
    found = [(one, process) for one, process in marked if is_stranger(process, one.folder, InstallationOwners(one.product, one.folder))]
    if not found:
        return ""
    (install, process), more = found[0], f" ({len(found) - 1} more do so)" if len(found) > 1 else ""
    who = process.user or str(process.uid)
    return (
        f"the process {process.pid} of {who} says in its arguments, as anybody's could, that it runs from {install.folder}{more}, but "
        f"{who} owns nothing of that installation and its home: if it is the product's, start it as the account that owns them, or by a "
        f"unit with User={who}; else end it"
    )


def _installed(options: t.Mapping[str, t.Any]) -> list[_Install]:
    """What lies where it usually does, or is started by a unit."""
    products = _candidates(options)
    usual = [_Install(one, one.files.usual_install) for one in products if is_installation(one, one.files.usual_install)]
    by_unit = [
        _Install(one, folder) for one in products for folder in folders_started(one.service.start[0]) if is_installation(one, folder)
    ]
    return [*by_unit, *usual]


def _on_this_host(options: t.Mapping[str, t.Any]) -> list[_Install]:
    """What runs does not tell that it is meant: what is installed and down counts as much."""
    return list({_identity(one): one for one in [*_installed(options), *_running(options)]}.values())


def _identity(one: _Install) -> tuple[str, str]:
    return one.product.name, os.path.realpath(one.folder)


def _told_by(install: _Install, options: t.Mapping[str, t.Any]) -> str:
    """``process`` where nothing would tell of the folder if none ran: no option, no unit, and it is not the usual one; else ``host``."""
    usual = os.path.realpath(install.product.files.usual_install)
    real = os.path.realpath(install.folder)
    named = options["install_dir"] or real == usual
    return "host" if named or real in folders_started(install.product.service.start[0]) else "process"


def _the_one(found: t.Sequence[_Install], options: t.Mapping[str, t.Any]) -> _Install:
    if not found:
        names = ", ".join(product.title for product in _candidates(options))
        folders = ", ".join(product.files.usual_install for product in _candidates(options))
        none = f"no process of one is running (as far as {account()} can see)"
        raise SessionsError(
            f"No installation of {names} was found: {_not_ours(_candidates(options)) or none}, "
            f"none lies in {folders}, and no unit of systemd starts one. Name its folder with force_reauth_install_dir."
        )
    if len(found) > 1:
        running = {_identity(one) for one in _running(options)}
        states = [(one, "runs" if _identity(one) in running else "does not run") for one in found]
        names = ", ".join(f"{one.product.title} in {one.folder} ({state})" for one, state in states)
        raise SessionsError(
            f"{len(found)} installations were found: {names}. Name one with force_reauth_install_dir, or by its product with "
            "force_reauth_product where there is one of it. A folder that nothing uses any more may stay, once another one is named."
        )
    return found[0]


def _unit_of_stopped(install: _Install) -> str:
    """The unit that will start a node that is down, '' where none is known."""
    unit = find_unit_of(os.path.realpath(install.folder))
    return unit.name if unit else ""


def _home(install: _Install, node: HostNode, named: str, run_id: str) -> Found:
    home = Found(named.rstrip("/"), "certain", "option home_dir") if named else _found_home(install, node, run_id)
    if not home:
        raise SessionsError(
            f"The home folder of {install.product.title} in {install.folder} is not known: {home.source}. "
            "Name it with force_reauth_home_dir."
        )
    if not os.path.isdir(home.value):  # noqa: PTH112 # no Path is needed
        raise SessionsError(
            f"The home folder {home.value} of {install.product.title} ({home.source}) is not there for {account()} to see. "
            "Name it with force_reauth_home_dir."
        )
    return home


def _found_home(install: _Install, node: HostNode, run_id: str) -> Found:
    """Of a node that is down it may be unsure. Where the lock of this very run lies, its earlier start saw the home of the process."""
    home = find_home(install.product, install.folder, node)
    if home.sure == "certain" or not run_id:
        return home
    candidate = (home or usual_home(install.product, install.folder, node)).value
    # a lock is looked for in a folder that is there: what a file names may not even be a path
    holder = NodeLock(candidate).holder() if candidate and os.path.isdir(candidate) else None  # noqa: PTH112 # no Path is needed
    mine = holder is not None and holder["run_id"] == run_id
    return Found(candidate, "certain", f"the lock of run {run_id} lies in it") if mine else home


def _process_row(processes: t.Sequence[Process]) -> dict[str, t.Any]:
    first = processes[0] if processes else None
    return {
        "running": bool(processes),
        "identity": first.identity if first else "",
        "pid": first.pid if first else 0,
        "user": first.user if first else "",
        "unit": first.unit if first else "",
        "count": len(processes),
        "seconds": seconds_of(first) if first else -1,
    }


def _identity_of_folder(path: str) -> str:
    """'<boot id>:<device>:<inode>': the same for every name of the folder, and of its host."""
    found = os.stat(path)  # noqa: PTH116 # no Path is needed
    return f"{boot_id()}:{found.st_dev}:{found.st_ino}"


def _control(
    install: _Install, answer: t.Mapping[str, t.Any], processes: t.Sequence[Process], options: t.Mapping[str, t.Any], unit: str
) -> dict[str, t.Any]:
    service = install.product.service
    start, stop = ([f"{install.folder}/{script}", *arguments] for script, *arguments in (service.start, service.stop))
    # one that is down tells of nothing beside it
    start += left_out(install.product, install.folder) if processes else []
    missing = tuple(script for script in (start[0], stop[0]) if not os.access(script, os.X_OK))
    holder: Unit | None = find_holder(processes[0].unit) if processes else None
    pids = tuple(process.pid for process in processes)
    named = find_unit(unit)
    members = _members(install, processes) if holder else ()
    starter = starter_of(processes[0]) if processes else None
    seen = Seen(os.path.realpath(install.folder), pids, holder, named, missing, members, starter)
    control = decide_control(options["service_manager"], options["service"], seen)
    pid_file = _pid_file(install, answer["home_dir"], processes)
    owners = Owners(unit=named.user if named else "", install=_owner_of(install.folder), pid_file=_owner_of(pid_file))
    # a process whose real and effective account differ tells of none
    account = processes[0].user if processes else account_of_scripts(owners)
    locale = _locale_of(processes)
    way = Way(control.manager, install.folder, control.unit, account, tuple(start), tuple(stop), locale)
    return {
        "manager": control.manager,
        "unit": control.unit,
        "account": account,
        "start_script": start[0],
        "stop_script": stop[0],
        "start_command": start,
        "stop_command": stop,
        "locale": locale,
        "problem": control.problem or (_trial(install, way, answer, pid_file, processes[0]) if processes else ""),
    }


def _locale_of(processes: t.Sequence[Process]) -> dict[str, str]:
    return locale_in(HostNode(processes[0]).environment) if processes else {}


def _members(install: _Install, processes: t.Sequence[Process]) -> tuple[Member, ...]:
    """What the unit holds that holds the process; which other installation that is is looked for where there is anything else."""
    members = held_with(processes[0])
    if {member.pid for member in members} <= {process.pid for process in processes}:
        return members
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS

    marked, own = _marked(list(PRODUCTS.values())), os.path.realpath(install.folder)
    others = {process.pid: f"{one.product.title} in {one.folder}" for one, process in marked if one.folder != own}
    return tuple(member._replace(installation=others.get(member.pid, "")) for member in members)


def _will_be_removed(sessions: t.Mapping[str, t.Any]) -> list[str]:
    return list(sessions["names"]) if sessions["kept"] == "disk" or sessions["saved"] else []


def _trial(install: _Install, way: Way, answer: t.Mapping[str, t.Any], pid_file: str, process: Process) -> str:
    """Why the node could not be stopped and started that way, '' when it could: tried now, not after the tokens are gone."""
    sessions = answer["sessions"]
    try:
        with removing(way, sessions["names"]):
            find_saved(way.install_dir, sessions["names"])
        check_may_remove(way, _will_be_removed(sessions))
        check_stays(way, process.unit, sessions["names"])
        try_way(way)
        try_stop(way, pid_file_problem(pid_file, process.pid))
        return _told_alone(install, way, answer["home_dir"], process) if way.manager == "scripts" else ""
    except SessionsError as error:
        return str(error).rstrip(".")


def _told_alone(install: _Install, way: Way, home: str, process: Process) -> str:
    """See environment_problem, which is loaded where scripts start the node."""
    from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.told_alone import Disk, Nodes, environment_problem

    nodes = Nodes(HostNode(process), HostNode(None, given=environment_of_scripts(way)))
    return environment_problem(install.product, install.folder, home, nodes, Disk(os.path.realpath, java_in))


def _pid_file(install: _Install, home: str, processes: t.Sequence[Process]) -> str:
    service = install.product.service
    named = environment_of(processes[0], service.pid_variable) if processes and service.pid_variable else ""
    return named or service.pid_file.format(install=install.folder, home=home)


def _owner_of(path: str) -> str:
    try:
        return pwd.getpwuid(os.lstat(path).st_uid).pw_name if path else ""
    except (OSError, KeyError, ValueError):
        return ""
