# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the files of one installation say, put together. Pure: what reads the files comes in."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.database import find_database
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.facts import FactRow, Found, row
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.setting_lookup import Lookup, Node
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.sign_on import find_sign_on
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.tomcat import TomcatOfProduct
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._detect.web import find_cookies, find_sessions, find_web
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product


def describe(product: Product, install: str, home: Found, node: Node, node_url: str) -> dict[str, t.Any]:
    """The part of product_detect's answer that the files give. Raises SessionsError for a file that is not understood."""
    files = product.files
    base = files.tomcat.base if files.tomcat else ""
    lookup = _lookup(product, {"install": install, "tomcat": f"{install}{base}", "home": home.value}, node)
    tomcat = TomcatOfProduct(files.tomcat, install, lookup) if files.tomcat else None
    database, database_facts = find_database(files.database, lookup, tomcat, home)
    web, web_facts = find_web(product, lookup, tomcat, node_url)
    cookies, cookie_facts = find_cookies(product, lookup, tomcat)
    sessions, session_facts = find_sessions(product, install, lookup, tomcat)
    sign_on, sign_on_fact = find_sign_on(files.sign_on, lookup)
    version, node_id = find_version(product, install, node), lookup.find(files.node_id)
    facts: list[FactRow] = [row("version", version), row("home_dir", home), row("node_id", node_id)]
    return {
        "product": product.name,
        "title": product.title,
        "version": version.value,
        "install_dir": install,
        "home_dir": home.value,
        "node_id": node_id.value,
        # one that is not known may be
        "clustered": any(not found.missing and found.value.lower() != "false" for found in map(lookup.find, files.clustered)),
        **web,
        "database": database,
        "sessions": sessions,
        "cookies": cookies,
        "sign_on": sign_on,
        "survives": list(product.survives),
        "facts": [*facts, *web_facts, *database_facts, *cookie_facts, *session_facts, sign_on_fact],
    }


def _lookup(product: Product, folders: dict[str, str], node: Node) -> Lookup:
    """With the shared home, where the product has settings in it; raises SessionsError when a node that runs does not tell where that is.

    What lies there on one that is down is not known, then.
    """
    files = product.files
    shared = Lookup(node, folders, product=product.name).find(files.shared_home)
    if shared:
        folders = {**folders, "shared": shared.value.rstrip("/")}
    elif files.shared_home and node.process:
        raise SessionsError(f"The shared home folder of {product.title} is not known: {shared.source}.")
    return Lookup(node, folders, {files.database.file: files.database.root}, product.name)


def find_version(product: Product, install: str, node: Node) -> Found:
    """The version that a file of the installation names."""
    for pattern, expression in product.files.version:
        for path in node.glob(install, pattern):
            found = re.search(expression, (node.read(path) or b"").decode("utf-8", "replace"))
            if found:
                return Found(found[1], "certain", path)
    looked_in = ", ".join(pattern for pattern, _expression in product.files.version)
    return Found(source=f"not found in {looked_in}" if looked_in else "no file is known to tell it")
