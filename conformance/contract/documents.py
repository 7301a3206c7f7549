"""Says whether a document is of a file format whose schema ships in `specs/`."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from conformance.contract.load import SpecError, data
from conformance.contract.schema import Problem, explained

if TYPE_CHECKING:
    import jsonschema


def document_problem(format_name: str, document: object) -> Problem | None:
    """Return why a JSON value is not of `specs/<format_name>.schema.json`, or None if it is.

    Raises:
        SpecError: the schema cannot be read.
    """
    schema = _schema(format_name)
    try:
        decider = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        first = next(iter(decider.iter_errors(document)), None)
    except (ValueError, RecursionError) as error:  # half a surrogate pair in a name, or too deep
        return Problem("", f"it cannot be read: {error}", "", "")
    return explained(first, _best(schema, document), document) if first else None


@cache
def _schema(format_name: str) -> dict[str, Any]:
    path = data("specs") / f"{format_name}.schema.json"
    try:
        schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: {error}") from error
    return schema


def _best(schema: dict[str, Any], document: object) -> jsonschema.ValidationError | None:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match

    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    try:
        best: jsonschema.ValidationError | None = best_match(validator.iter_errors(document))
    except RecursionError:
        return None
    return best
