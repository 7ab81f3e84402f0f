# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who deletes the tokens, where the run is to find out, and whether the database can be asked anything at all. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._catalogue import product_named
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.by_hand import DATABASE, PRODUCT
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.destination import FILES
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.which_database import telling
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._tokens.engines import ENGINES

AUTO = "auto"

Values = t.Mapping[str, t.Any]


class Way(t.TypedDict):
    """``revoke``: who deletes the tokens; ``chosen``: why, where the run was to find out, ''; ``problem``: why it cannot be told, ''.

    ``asks_database``: whether the token table is looked at.
    """

    revoke: str
    chosen: str
    problem: str
    asks_database: bool


def revoke_way(looks: t.Mapping[str, Values], given: Values) -> Way:
    """``looks``: of ``product_detect``, by node; ``given``: the settings of the run, whose ``revoke`` may be auto."""
    one = looks[telling(looks)[0]]
    engine = str(given["database_engine"] or one["database"]["engine"])
    key = _key(engine, given)
    revoke = str(given["revoke"])
    if revoke != AUTO:
        return {"revoke": revoke, "chosen": "", "problem": "", "asks_database": _asks(revoke, engine, key, given)}
    # to be sure, the one that is refused without a password
    problem = "" if key else _no_way(one["product"], engine)
    return {"revoke": DATABASE, "chosen": f"force_reauth_revoke=auto: {key}", "problem": problem, "asks_database": True}


def _key(engine: str, given: Values) -> str:
    """By what the database is opened, in words; '' where nothing was given that could."""
    if engine in FILES:
        return "the database is a file, which wants no password"
    return "a password of the database is given" if given["database_password"] else ""


def _asks(revoke: str, engine: str, key: str, given: Values) -> bool:
    """The product deletes by itself: where the database can be asked, it is asked whether it did."""
    if revoke != PRODUCT:
        return revoke == DATABASE
    return bool(key) and engine in ENGINES and (ENGINES[engine].tested or bool(given["accept_untested_engine"]))


def _no_way(product: str, engine: str) -> str:
    found = product_named(product)
    title = ENGINES[engine].title if engine in ENGINES else "its database"
    means = "page" if found.clear_page else "calls" if found.clear_calls else ""
    by_itself = f", or force_reauth_revoke=product ({found.title} does it by its own {means}, as an administrator)" if means else ""
    return (
        f"force_reauth_revoke=auto: {title} wants a password, and none is given, so this run cannot delete the tokens. Give "
        "force_reauth_database_password, or take force_reauth_revoke=manual (an administrator of the database carries out a script)"
        f"{by_itself}. Where the database lets its account in without a password: force_reauth_revoke=database"
    )
