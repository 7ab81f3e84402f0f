# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks a value up in the places where it may be written. Pure: what reads the files comes in."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import Found
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.settings import SettingsFile, Written, parse_settings
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import ARGUMENT, DEFAULT, ENVIRONMENT, Place, Places

_PLACEHOLDER = re.compile(r"\$\{([\w.-]+)\}")


class Node(t.Protocol):
    """What can be read on a node; ``process`` names the process in a source. Paths are absolute."""

    process: str

    def read(self, path: str) -> bytes | None:
        """The file, None when it is not there; raises SessionsError when it cannot be read."""

    def glob(self, folder: str, pattern: str) -> list[str]:
        """The paths below the folder that fit, sorted."""

    def argument(self, prefix: str) -> str:
        """The rest of the process's argument that begins so, '' when there is none or no process."""

    def environment(self, name: str) -> str:
        """One variable of the process, '' when unset, not ours to read, or no process."""


class Lookup:
    """Values of one installation. ``folders``: what ``{install}`` and ``{home}`` in a place stand for."""

    def __init__(self, node: Node, folders: t.Mapping[str, str], roots: t.Mapping[str, str] | None = None) -> None:
        self.node = node
        self._folders = folders
        self._roots = roots or {}
        self._files: dict[str, SettingsFile | None] = {}

    def path(self, where: str) -> str:
        """The absolute path of a place's file."""
        return where.format(**self._folders)

    def find(self, places: Places) -> Found:
        """The value in the first place that has one; where a file contradicts itself, or is damaged and lacks it, it is not known."""
        unclear = None
        for place in places:
            found = self._in(place)
            if found and (unclear is None or found.sure != "default"):
                return found
            if unclear is None and not found and not found.missing:
                unclear = found
        nothing = f"not set in {self.tried(places)}" if places else "this product has no setting for it"
        return Found(source=nothing, missing=True) if unclear is None else unclear

    def tried(self, places: Places) -> str:
        """The places, for a sentence."""
        return ", ".join(_words(place, self.path(place.where)) for place in places)

    def resolved(self, found: Found) -> Found:
        """The value with its ``${name}`` replaced: a folder (``${somethingHome}``), or a property that the process was started with."""
        names = _PLACEHOLDER.findall(found.value)
        values = {name: self._property(name) for name in names}
        missing = [name for name in names if not values[name]]
        if missing:
            return Found(source=f"{found.source}: what ${{{missing[0]}}} stands for is not known")
        return found.but(_PLACEHOLDER.sub(lambda match: values[match[1]], found.value))

    def _property(self, name: str) -> str:
        if name in ("catalina.base", "catalina.home"):
            return self._folders["install"]
        if re.fullmatch(r"[a-z]+(?:Home|\.home)", name):
            return self._folders.get("home", "")
        return self.node.argument(f"-D{name}=")

    def _in(self, place: Place) -> Found:
        if place.where == DEFAULT:
            return Found(place.key.format(**self._folders), "default", "default")
        if place.where in (ARGUMENT, ENVIRONMENT):
            value = self.node.argument(place.key) if place.where == ARGUMENT else self.node.environment(place.key)
            return Found(value, "certain", self.node.process) if value else Found(missing=True)
        path = self.path(place.where)
        file = self._file(place, path)
        return _one_of(file.written(place.key), path, file.problem) if file else Found(missing=True)

    def _file(self, place: Place, path: str) -> SettingsFile | None:
        if path not in self._files:
            data = self.node.read(path)
            self._files[path] = None if data is None else parse_settings(path, data, self._roots.get(place.where, ""))
        return self._files[path]


def _one_of(values: t.Sequence[Written], path: str, problem: str) -> Found:
    if len(values) > 1:
        return Found(source=f"{path}: lines {', '.join(str(one.line) for one in values)} contradict each other")
    if not values:
        return Found(source=f"{path} is damaged ({problem})") if problem else Found(missing=True)
    return Found(values[0].value, "likely" if problem else "certain", f"{path}:{values[0].line}")


def _words(place: Place, path: str) -> str:
    names = {ARGUMENT: f"the argument {place.key}", ENVIRONMENT: f"the variable {place.key}", DEFAULT: place.key}
    return names.get(place.where, f"{path} ({place.key})")
