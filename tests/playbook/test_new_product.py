# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new product is one file, and a function and a line of the catalogue: the users of an invented one are signed out.

It is added to a copy of the collection.
The stand-in gets one file, one folder and one line of its own kind. No other file of the copy is changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest

from tests.unit.test_repository import tracked_files

CHECKOUT = Path(__file__).resolve().parents[2]
COPIED = ("plugins", "roles", "playbooks", "meta", "galaxy.yml", "demo")

# an invented product with a table, cookies, pages, states and files that no other product has
PRODUCT = """\
from __future__ import annotations

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import (
    ARGUMENT, Column, ConnectorKeys, DatabaseKeys, Files, Place, Product, Service, SessionKeys, SignOnKeys, TokenTable, Tomcat, Web,
)

_SETTINGS = "{home}/ledger.properties"

LEDGER = Product(
    name="ledger",
    title="Ledger",
    tokens=TokenTable(
        name="ledger_logins",
        columns=(Column("number", "integer"), Column("secret", "text"), Column("owner", "text"), Column("made", "integer")),
        key="number",
        token="secret",
        user="owner",
        created="made",
        created_unit="epoch_ms",
    ),
    files=Files(
        signs=("bin/start-ledger.sh",),
        usual_install="/opt/ledger",
        version=(("VERSION", r"Ledger ([0-9.]+)"),),
        home=(Place(ARGUMENT, "-Dledger.home="),),
        database=DatabaseKeys(
            file=_SETTINGS,
            root="",
            url=(Place(_SETTINGS, "store.address"),),
            user=(Place(_SETTINGS, "store.account"),),
            password=(Place(_SETTINGS, "store.secret"),),
        ),
        node_id=(Place(_SETTINGS, "node"),),
        clustered=((Place(_SETTINGS, "node"),),),
        tomcat=Tomcat(server="conf/server.xml", webapp="ledger", contexts=("conf/context.xml",)),
        connector=ConnectorKeys(),
        session_cookie=(Place(_SETTINGS, "cookie.session"),),
        remember_me_cookie=(),
        sessions=SessionKeys(default="disk"),
        sign_on=SignOnKeys("the ink office", setting=(), on="on", off="off"),
    ),
    service=Service(start=("bin/start-ledger.sh",), stop=("bin/stop-ledger.sh",), process=(r"-Dcatalina\\.base=(.+)",)),
    web=Web(
        default_port=8099,
        session_cookie="OTHER",
        remember_me_cookie="ledger.remember",
        status_path="/health",
        ready_states=("RUNNING",),
        functional_path="/enter",
        sign_in_page="/enter",
        sign_in_json_path="",
        sign_in_path="/enter",
        sign_in_form=(("name", "{username}"), ("word", "{password}"), ("keep", "yes")),
        whoami_path="/who",
    ),
    persisted_sessions=("SESSIONS.ser",),
    survives=("ink",),
)
"""
STAND_IN = """\
from __future__ import annotations

from demo.imitated.common import CONTEXT_XML, SESSIONS_SER, tomcat
from demo.products import Cookies, Pages, SignInForm, StandInProduct, Table

LEDGER = StandInProduct(
    name="ledger",
    title="Ledger",
    line="1.2",
    version="1.2.3",
    manifest_type="ledger",
    pages=Pages(login="/enter", sign_in="/enter", sign_out="/leave", home="/", status="/health", whoami="/who"),
    form=SignInForm("name", "word", "keep", "yes"),
    cookies=Cookies(session="LEDGERID", remember_me="ledger.remember", remember_me_seconds=3600, value_format="seraph"),
    tokens=Table.alike(
        "ledger_logins",
        {"number": "id", "secret": "token", "owner": "owner", "made": "now_ms"},
        "number bigint PRIMARY KEY",
        "secret varchar(99)",
        "owner varchar(99)",
        "made bigint",
    ),
    service=tomcat("ledger"),
    templates=("tomcat", "ledger"),
    webapp="ledger",
    behaviour_file=CONTEXT_XML,
    persisted_sessions=SESSIONS_SER,
)
"""
FILES = {
    "plugins/module_utils/_products/ledger.py": PRODUCT,
    "demo/imitated/ledger.py": STAND_IN,
    "demo/files/ledger/install/VERSION": "This is Ledger @version@, a STAND-IN.\n",
    "demo/files/ledger/home/ledger.properties": (
        "store.address = @jdbc_url@\nstore.account = @database_user@\nnode = @node@\ncookie.session = LEDGERID\n"
    ),
}
ROOM = "ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products"
# where, what stands there, and what takes its place
ADDED = (
    (
        "plugins/module_utils/_products/_catalogue.py",
        "LOADERS: ",
        f"def _ledger() -> Product:\n    from {ROOM}.ledger import LEDGER\n\n    return LEDGER\n\n\nLOADERS: ",
    ),
    ("plugins/module_utils/_products/_catalogue.py", '    "jira": _jira,\n', '    "jira": _jira,\n    "ledger": _ledger,\n'),
    ("demo/imitated/__init__.py", "in (JIRA, ", "in (LEDGER, JIRA, "),
    (
        "demo/imitated/__init__.py",
        "from demo.imitated.jira import JIRA\n",
        "from demo.imitated.jira import JIRA\nfrom demo.imitated.ledger import LEDGER\n",
    ),
)


@pytest.fixture
def copy() -> t.Iterator[Path]:
    """The collection and its stand-in in a folder of their own, with the invented product."""
    folder = Path(tempfile.mkdtemp(prefix="das-"))
    folder.chmod(0o711)
    for source in tracked_files():
        name = source.relative_to(CHECKOUT)
        if name.parts[0] in COPIED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    for new, text in FILES.items():
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / new).write_text(text, encoding="utf-8")
    for registry, before, after in ADDED:
        text = (folder / registry).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{registry} has another shape: {before}"
        (folder / registry).write_text(text.replace(before, after), encoding="utf-8")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.long
def test_the_users_of_an_invented_product_are_signed_out(copy: Path) -> None:
    command = [sys.executable, "-m", "demo", "--product", "ledger", "--database", "sqlite"]
    environment = {**os.environ, "TMPDIR": str(copy)}
    done = subprocess.run(command, cwd=copy, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    for words in ("Run demo: PROVEN", "Ledger, 3 nodes", "Ledger 1.2.3 at", "ledger_logins, sqlite", "Not ended  ink"):
        assert words in said, f"not said: {words}\n{said}"


def test_nothing_but_the_stand_in_knows_of_the_invented_product() -> None:
    """The control: the product is unknown to the checkout, so that the copy is what the test above has run."""
    command = [sys.executable, "-m", "demo", "--product", "ledger"]
    done = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "invalid choice: 'ledger'" in done.stderr
