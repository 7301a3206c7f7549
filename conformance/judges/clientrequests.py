"""Tells a client's own faults: in what its requests are not as the documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange.jsontext import Fault
from conformance.exchange.visible import visible
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from conformance.contract.model import Operation
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_ABOUT_ANY_PATH = frozenset({"HEAD", "OPTIONS"})
"""Methods that any server may be asked with, whatever is documented (RFC 9110 § 9.3.2, § 9.3.7)."""
_JSON = "application/json"


def client_findings(reading: Reading, models: Collection[str] = ()) -> Iterator[Finding]:
    """Yield each way in which a request is not as documented, whatever came back.

    `models` are all names of the models that the target lists. A model that is not among them is a fault only where the
    target refused it: a list need not be complete.
    """
    if reading.exchange.request.method.upper() in _ABOUT_ANY_PATH:
        return
    operation = reading.operation
    if operation is None:
        yield _undocumented(reading)
        return
    if not reading.succeeded:
        yield from _head(reading)
    yield from _query(reading, operation)
    if operation.has_body:
        yield from _content(reading, operation)
        yield from _model(reading, models)


def _undocumented(reading: Reading) -> Finding:
    request, path = reading.exchange.request, reading.path
    known = reading.api.operations
    if path is None:
        return reading.finding(
            "the request goes past the target's base path", "a path below the base URL", visible(request.url), "path"
        )
    methods = sorted({o.method for o in known if o.parameters(path) is not None})
    if methods:
        expected = " or ".join(methods)
        return reading.finding("the method is not documented for this path", expected, request.method, "method")
    expected = ", ".join(sorted({o.path for o in known}))
    return reading.finding("the path is not documented", expected, visible(path), "path")


def _head(reading: Reading) -> Iterator[Finding]:
    """Yield what the head lacks: faults only where the target did not answer all the same, as many do for health."""
    ways = reading.api.profile.credentials
    expected = " or ".join(f"{way.header}: {way.value('…')}" for way in ways)
    presented = [(way, value) for way in ways if (value := reading.exchange.request.header(way.header) or "").strip()]
    if not presented:
        yield reading.finding("the request has no credential", expected, "none", "request headers")
    elif not any(value.lower().startswith(way.scheme.lower()) for way, value in presented):
        names = ", ".join(way.header for way, _ in presented)
        yield reading.finding("the credential has no documented scheme", expected, "another one", f"header {names}")
    for name in reading.missing_companions:
        yield reading.finding(f"the request has no header {name}", f"the header {name}", "none", "request headers")


def _query(reading: Reading, operation: Operation) -> Iterator[Finding]:
    item = reading.api.openapi["paths"].get(operation.path, {})
    said = [*item.get("parameters", ()), *item.get(operation.method.lower(), {}).get("parameters", ())]
    for parameter in map(reading.api.resolve, said):
        name = parameter["name"]
        if parameter.get("in") == "query" and parameter.get("required") and name not in reading.query:
            there = ", ".join(map(visible, reading.query)) or "none"
            yield reading.finding(f"the query parameter {name} is missing", name, there, "query")


def _content(reading: Reading, operation: Operation) -> Iterator[Finding]:
    request = reading.exchange.request
    if not request.body and not _demands_content(reading, operation):
        return
    said = request.header("content-type") or ""
    media_type = said.partition(";")[0].strip().lower()
    documented = _documented_types(reading, operation)
    if media_type not in documented:
        expected = " or ".join(sorted(documented))
        yield reading.finding(
            "the body is declared as something else", expected, visible(said) or "none", "header Content-Type"
        )
    if _JSON not in documented or (media_type in documented and media_type != _JSON):
        return
    text = reading.sent_text
    if text.problem and text.problem.fault is Fault.TOO_DEEP:  # a limit of ours
        return
    if text.problem:
        yield reading.finding(
            f"the body is no JSON: {text.problem.message}", "a JSON text", "", f"body, byte {text.problem.at}"
        )
        return
    for pointer in text.duplicate_keys:
        yield reading.finding("a member is named twice", "each name once", "", f"body {visible(pointer)}")
    path = operation.path.replace("~", "~0").replace("/", "~1")
    schema = f"/paths/{path}/{operation.method.lower()}/requestBody/content/application~1json/schema"
    if (schema in reading.api.schemas) and (problem := reading.api.schemas.problem(schema, text.value)):
        where = f"body {visible(problem.where)}".strip()
        yield reading.finding(problem.message, problem.expected, problem.actual, where)


def _model(reading: Reading, models: Collection[str]) -> Iterator[Finding]:
    name = reading.word("model")
    if models and isinstance(name, str) and name not in models and reading.about_model:
        expected = "one of " + ", ".join(sorted(models)[:10])
        yield reading.finding("the target does not list this model", expected, shown(name), "body /model")


def _documented_types(reading: Reading, operation: Operation) -> set[str]:
    return {name.lower() for name in _request_body(reading, operation).get("content", {})}


def _demands_content(reading: Reading, operation: Operation) -> bool:
    return bool(_request_body(reading, operation).get("required", False))


def _request_body(reading: Reading, operation: Operation) -> Mapping[str, Any]:
    said = reading.api.openapi["paths"][operation.path][operation.method.lower()]
    return reading.api.resolve(said.get("requestBody", {}))
