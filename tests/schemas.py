# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published shapes of the documents that are written, for the tests that write them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema

Values = dict[str, t.Any]


def schema(name: str) -> Values:
    """``evidence`` or ``session_status``, itself a valid schema."""
    path = Path(__file__).resolve().parents[1] / f"docs/{name}.schema.json"
    found: Values = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def fitting(name: str, document: Values) -> Values:
    """The document, as JSON has it; raises jsonschema.ValidationError where it is of another shape."""
    written: Values = json.loads(json.dumps(document))
    jsonschema.Draft202012Validator(schema(name)).validate(written)
    return document
