"""What Schemathesis is given to draw from: the specification, bent so that a server must understand what is drawn."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis import GenerationMode

from conformance.generation.draft import MODEL
from conformance.generation.texts import plain_texts
from conformance.probes.asking import SHORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

    from conformance.contract.model import Api, Operation

Told = tuple[str, Any]
"""What is special or wrong about a body, and the body."""
_TEXT = "llm-conformance-text"
_JSON = "application/json"


@cache
def _know_texts() -> None:
    schemathesis.openapi.format(_TEXT, plain_texts())


class Source:
    """What can be drawn of one API's specification; what takes long is worked out once."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.boundaries = cache(self._boundaries)
        self.contradictions = cache(self._contradictions)

    def bodies(self, operation: Operation) -> SearchStrategy[Any]:
        """Return the strategy of the bodies that the documents promise to answer, with text as people write it."""
        _know_texts()
        loaded = _loaded(self.api, operation, self._promised(operation), _with_own_texts)
        return loaded.as_strategy(generation_mode=GenerationMode.POSITIVE).map(lambda case: case.body)  # type: ignore[no-any-return]

    def _boundaries(self, operation_id: str) -> list[Told]:
        """Return bodies at the boundaries of what is promised, each with what is special about it."""
        operation = self.api.operation(operation_id)
        loaded = _loaded(self.api, operation, self._promised(operation), _with_one_text)
        return list(_covered(loaded, GenerationMode.POSITIVE))

    def _contradictions(self, operation_id: str, promised: bool) -> list[Told]:  # noqa: FBT001 - part of the cache's key
        """Return bodies that are not of the request schema, or not of that of promised ones, each with its fault.

        Against what is promised, messages are left as they are: thousands of ways to get them wrong say the same.
        """
        operation = self.api.operation(operation_id)
        schema = self._promised(operation) if promised else None
        loaded = _loaded(self.api, operation, schema, _without_messages if promised else _as_it_is)
        return list(_covered(loaded, GenerationMode.NEGATIVE))

    def _promised(self, operation: Operation) -> dict[str, Any] | None:
        known = self.api.openapi.get("components", {}).get("schemas", {})
        return {"$ref": f"#/components/schemas/{operation.promised}"} if operation.promised in known else None


def _covered(loaded: Any, mode: GenerationMode) -> Iterator[Told]:  # noqa: ANN401 - Schemathesis' own type
    config = loaded.schema.config.generation_for(operation=loaded, phase="coverage")
    for case in loaded.schema.iter_coverage_cases(loaded, generation_modes=[mode], generation_config=config):
        if isinstance(case.body, dict) and case.media_type == _JSON and case.method == loaded.method.upper():
            yield str(case.meta.phase.data.description), case.body


def _as_it_is(_: dict[str, Any]) -> None:
    """Leave the schemas of a document alone."""


def _with_own_texts(schemas: dict[str, Any]) -> None:
    if "PlainText" in schemas:
        schemas["PlainText"] = {"type": "string", "format": _TEXT, "minLength": 1}


def _with_one_text(schemas: dict[str, Any]) -> None:
    """Leave one text and one conversation: of those there are better ones than at the ends of their lengths."""
    only = {"PlainText": SHORT, "Conversation": [{"role": "user", "content": SHORT}]}
    schemas.update({name: {"const": value} for name, value in only.items() if name in schemas})


def _without_messages(schemas: dict[str, Any]) -> None:
    for name, schema in schemas.items():
        if name.startswith("Promised") and "messages" in schema.get("properties", {}):
            del schema["properties"]["messages"]
            schema["required"] = [field for field in schema.get("required", ()) if field != "messages"]


def _loaded(
    api: Api, operation: Operation, schema: dict[str, Any] | None, bend: Callable[[dict[str, Any]], None] = _as_it_is
) -> Any:  # noqa: ANN401 - Schemathesis' own type
    bent: dict[str, Any] = deepcopy(dict(api.openapi))
    if schema:
        said = bent["paths"][operation.path][operation.method.lower()]
        said["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    schemas = bent["components"]["schemas"]
    for name, known in schemas.items():
        if name.startswith("Promised") and "model" in known.get("properties", {}):
            known["properties"]["model"] = {"const": MODEL}
    bend(schemas)
    loaded = schemathesis.openapi.from_dict(bent)
    loaded.config.generation.update(with_security_parameters=False)
    return loaded[operation.path][operation.method]
