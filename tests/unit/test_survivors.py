# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of that which a sign-out does not end."""

from __future__ import annotations

import pytest
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._every import PRODUCTS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.survivors import survivors, survivors_in_words

COUNTED = [
    {"what": "personal access tokens", "count": 412, "how": "all of them"},
    {"what": "SSH keys", "count": -1, "how": "not counted: x"},
]


def test_each_is_told_with_its_number_where_it_was_counted_and_the_place_to_end_it() -> None:
    first, second, third = survivors(["personal access tokens", "SSH keys", "Basic authentication"], COUNTED)
    assert (first["count"], first["how"]) == (412, "all of them")
    assert first["end_at"].startswith("Personal access tokens, of each user")
    assert (second["count"], second["how"], second["end_at"]) == (-1, "not counted: x", "not known here")
    assert (third["count"], third["how"]) == (-1, "")


def test_in_a_line_what_was_not_counted_is_not_none() -> None:
    rows = survivors(["personal access tokens", "SSH keys", "Basic authentication"], COUNTED)
    assert survivors_in_words(rows) == "personal access tokens (412); SSH keys (not counted); Basic authentication"
    assert survivors_in_words(survivors(["personal access tokens"], [])) == "personal access tokens"
    none = [{"what": "personal access tokens", "count": 0, "how": "all of them"}]
    assert survivors_in_words(survivors(["personal access tokens"], none)) == "personal access tokens (0)"


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_every_table_is_of_something_that_survives(product: Product) -> None:
    assert {one.what for one in product.survivors} <= set(product.survives)
    assert all(one.sort in (*one.columns, "") for one in product.survivors)
