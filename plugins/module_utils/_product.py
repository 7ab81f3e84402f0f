# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of what is known of one product: data, no behaviour. Values live in ``_products/``."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

ColumnKind = t.Literal["integer", "text", "timestamp"]


@dataclass(frozen=True)
class Column:
    """A column of the token table; ``kind`` is the family of types that the product creates it with."""

    name: str
    kind: ColumnKind


@dataclass(frozen=True)
class TokenTable:
    """The table of remember-me tokens. ``key`` is the primary key, ``token`` the credential itself.

    ``created`` names the column that tells the age of a token; its unit is ``created_unit``.
    """

    name: str
    columns: tuple[Column, ...]
    key: str
    token: str
    user: str
    created: str
    created_unit: t.Literal["timestamp", "epoch_ms"]


@dataclass(frozen=True)
class Files:
    """Where the product keeps its settings. Paths are relative to the install or the home folder."""

    home_pointer: str
    home_property: str
    home_environment: str
    database_settings: str
    database_root: str
    cluster_settings: str
    cluster_node_key: str
    connectors: str
    version_file: str
    version_pattern: str
    session_managers: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """How the product is started and stopped, and how its process is told from others.

    ``process_marker`` and ``home_marker`` begin the command-line arguments that name its install and its home folder.
    """

    start_script: str
    stop_script: str
    pid_file: str
    process_marker: str
    home_marker: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class Web:
    """Cookies, pages and states. Paths are below the context path."""

    default_port: int
    session_cookie: str
    remember_me_cookie: str
    status_path: str
    ready_states: tuple[str, ...]
    functional_path: str
    sign_in_json_path: str
    sign_in_path: str
    sign_in_form: tuple[tuple[str, str], ...]
    whoami_path: str


@dataclass(frozen=True)
class Product:
    """All that is particular to one product."""

    name: str
    title: str
    tokens: TokenTable
    files: Files
    service: Service
    web: Web
    persisted_sessions: tuple[str, ...]
    survives: tuple[str, ...]
