# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in keeps the tokens of each product in the product's own tables, on each engine."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from demo.cluster import CANARY
from demo.imitated import PRODUCTS
from demo.mariadb import MariadbServer
from demo.playbook import CHECKOUT
from demo.products import ENGINES, StandInProduct
from demo.tokens import Database, Tokens
from tests.borrowed import borrow

_numbers = itertools.count(1)
SERVERS = {"postgresql": "postgres_server", "mariadb": "mariadb_server", "mysql": "mysql_server"}
COLUMNS = {
    "jira": ["id", "created", "token", "username"],
    "confluence": ["id", "username", "created", "token"],
    "bamboo": ["id", "username", "created", "token"],
    "bitbucket": ["id", "series", "token", "user_id", "expiry_timestamp", "claimed", "claimed_address"],
    "crowd": [
        "id",
        "directory_id",
        "entity_name",
        "random_number",
        "identifier_hash",
        "random_hash",
        "created_date",
        "last_accessed_date",
        "last_accessed_time",
        "duration",
    ],
    "fisheye": ["cru_login_cookie_id", "cru_user_id", "cru_create_date", "cru_rnd", "cru_type", "cru_url", "cru_recursive_url"],
}


@pytest.fixture(params=list(PRODUCTS))
def product(request: pytest.FixtureRequest) -> StandInProduct:
    return PRODUCTS[request.param]


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database("sqlite", str(tmp_path / "product.db"))
    server = request.getfixturevalue(SERVERS[request.param])
    made: Database = server.make_database(f"stand_in_{next(_numbers)}")
    return made


@pytest.fixture
def tokens(database: Database, product: StandInProduct) -> Tokens:
    """Empty tables and two users."""
    made = Tokens(database, product)
    made.create_users()
    made.create()
    for number, login in enumerate(("ann", "bob"), 10000):
        made.add_user(login, number)
    return made


def test_the_table_has_the_columns_of_the_product(database: Database, product: StandInProduct, tokens: Tokens) -> None:
    assert tokens.rows() == []
    with database.transaction() as execute:
        described = execute(f"SELECT * FROM {product.tokens.name}").description  # noqa: S608  a name of the stand-in
    assert [column[0].lower() for column in described] == COLUMNS[product.name]


def test_a_token_signs_its_owner_in_until_its_row_is_gone(product: StandInProduct, tokens: Tokens) -> None:
    anns, bobs = tokens.make("ann"), tokens.make("bob")
    (found, successor), (other, _successor) = tokens.use(anns), tokens.use(bobs)
    assert (found, other, bool(successor)) == ("ann", "bob", product.cookies.rotates)
    newest = successor or anns
    assert tokens.use(newest)[0] == "ann"
    tokens.clear()
    assert tokens.use(newest) == ("", "")


def test_sign_out_takes_one_row(tokens: Tokens) -> None:
    anns, bobs = tokens.make("ann"), tokens.make("bob")
    tokens.forget(anns)
    assert [user for _number, _token, user in tokens.rows()] == ["bob"]
    assert (tokens.use(anns)[0], tokens.use(bobs)[0]) == ("", "bob")


def test_a_server_on_a_port_wants_the_password_and_leaves_nothing() -> None:
    folder = Path(tempfile.mkdtemp(prefix="das-"))
    with MariadbServer(folder, tcp=True) as server:
        database = server.make_database("x")
        assert (database.host, database.port > 0) == ("127.0.0.1", True)
        with database.transaction() as execute:
            assert execute("SELECT 1").fetchall() == ((1,),)
        with pytest.raises(Exception, match="Access denied"):
            replace(database, password="wrong").connect()
    assert not folder.exists()
    with pytest.raises(Exception, match="Can't connect"):
        database.connect()


def test_the_built_in_database_is_open_in_its_node_alone_and_at_rest_without_it(tmp_path: Path) -> None:
    borrow("java-databases")
    command = [sys.executable, "-m", "tests.database.built_in_node", str(tmp_path / "c")]
    done = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    at_rest, signed_in = ["crucible.properties", "crucible.script"], [CANARY]
    running = {"files": ["crucible.log", *at_rest], "open": ["crucible.log"], "users": signed_in}
    assert [seen["running"], seen["not committed"]] == [running, running]
    assert seen["stopped"] == {"files": at_rest, "open": [], "users": signed_in}
    assert (seen["killed"]["open"], seen["killed"]["users"]) == ([], signed_in)
    assert seen["started again"] == {**running, "users": []}
    assert ElementTree.fromstring(seen["settings"]).find("database") is None  # noqa: S314  the stand-in's own
    assert seen["log"] == ""
    assert list(tmp_path.iterdir()) == []
