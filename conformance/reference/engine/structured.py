"""JSON values that a JSON Schema allows: built, then checked; never an invalid one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.reference.engine import scalars
from conformance.reference.engine.choice import digest
from conformance.reference.engine.patterns import PatternError
from conformance.reference.engine.scalars import DeadEndError
from conformance.reference.engine.schemas import followed, merged, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.reference.engine.schemas import Schema

_TRIES = 60
_DEEPEST = 8
_MOST_NODES = 2000


class UnanswerableError(ValueError):
    """No value was found that the schema allows, or the schema is none."""


def instance(schema: object, key: object = "") -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value that is valid under the schema, always the same for the same schema and key.

    Raises:
        UnanswerableError: none was found, or the schema is not valid itself.
    """
    valid = _validity(schema)
    for attempt in range(_TRIES):
        try:
            value = _Builder(schema, key, attempt).build(schema, "answer", 0)
        except (DeadEndError, PatternError, ArithmeticError, TypeError, AttributeError, RecursionError):
            continue  # older drafts give some keywords other types
        if valid(value):
            return value
    raise UnanswerableError("no value was found that this schema allows")


def _validity(schema: Any) -> Callable[[object], bool]:  # noqa: ANN401 - any JSON value
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_refuse).is_valid
    except (ValueError, TypeError, RecursionError) as error:
        raise UnanswerableError(f"the schema is not valid: {str(error).partition(chr(10))[0][:200]}") from error


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not part of the schema")


class _Builder:
    """One try: the first takes the likeliest way at every fork, later ones other ways."""

    def __init__(self, root: object, key: object, attempt: int) -> None:
        self._root = root
        self._key = key
        self._attempt = attempt
        self._forks = 0
        self._nodes = 0

    def build(self, schema: object, name: str, depth: int) -> Any:  # noqa: ANN401 - any JSON value
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES or schema is False:
            raise DeadEndError
        if not isinstance(schema, dict):
            return name
        plain = self._plain(schema)
        if "const" in plain:
            return plain["const"]
        if "enum" in plain:
            return self._fork(plain["enum"])
        kind = self._fork(types_of(plain))
        return getattr(self, f"_{kind}")(plain, name, depth)

    def _plain(self, schema: Schema) -> Schema:
        """Return the schema with references followed and one branch of each choice taken."""
        plain = dict(schema)
        for _ in range(20):
            parts = self._parts(plain)
            if not parts:
                return plain
            for part in parts:
                if part is False:
                    raise DeadEndError
                if isinstance(part, dict):
                    plain = merged(plain, part)
        raise DeadEndError

    def _parts(self, plain: Schema) -> list[object]:
        parts: list[object] = []
        if "$ref" in plain:
            parts.append(followed(self._root, plain.pop("$ref")))
        parts += plain.pop("allOf", ())
        for choice in ("anyOf", "oneOf"):
            if choice in plain:
                parts.append(self._fork(plain.pop(choice)))
        if "if" in plain:
            condition, then, otherwise = plain.pop("if"), plain.pop("then", True), plain.pop("else", True)
            parts += self._fork([[condition, then], [otherwise]])
        return parts

    def _fork(self, options: Sequence[Any]) -> Any:  # noqa: ANN401 - one of the options
        if not options:
            raise DeadEndError
        self._forks += 1
        if self._attempt == 0:
            return options[0]
        return options[digest(self._key, self._attempt, self._forks) % len(options)]

    def _null(self, _schema: Schema, _name: str, _depth: int) -> None:
        return None

    def _boolean(self, _schema: Schema, _name: str, _depth: int) -> bool:
        return bool(self._fork([True, False]))

    def _integer(self, schema: Schema, _name: str, _depth: int) -> int:
        return scalars.integer(schema, self._fork)

    def _number(self, schema: Schema, _name: str, _depth: int) -> float:
        return scalars.number(schema, self._fork)

    def _string(self, schema: Schema, name: str, _depth: int) -> str:
        extra = 0 if self._attempt == 0 else digest(self._key, self._attempt)
        return scalars.string(schema, name, self._fork, extra)

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        others: list[Any] = []
        made: list[Any] = []
        for index in range(self._size(schema, depth)):
            value = self._distinct(_item(schema, index), f"{name} {index + 1}", depth, others)
            made.append(value)
            others = made if schema.get("uniqueItems") else others
        return made

    def _size(self, schema: Schema, depth: int) -> int:
        size = schema.get("minItems", 0)
        if not size and schema.get("items") is not False and depth < _DEEPEST // 2:
            size = self._fork([1, 0, 2])
        if "contains" in schema:
            size = max(size, schema.get("minContains", 1))
        return int(min(size, schema.get("maxItems", size)))

    def _distinct(self, schema: object, name: str, depth: int, others: list[Any]) -> Any:  # noqa: ANN401 - any JSON value
        value = self.build(schema, name, depth + 1)
        for attempt in range(1, _TRIES):
            if value not in others:
                break
            self._attempt, before = self._attempt + attempt, self._attempt
            value = self.build(schema, name, depth + 1)
            self._attempt = before
        return value

    def _object(self, schema: Schema, _name: str, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        made: dict[str, Any] = {}
        self._demand(made, schema, schema.get("required", ()), depth)
        generous = self._attempt == 0 and depth < _DEEPEST // 2
        for name in properties:
            if name in made or len(made) >= schema.get("maxProperties", math.inf):
                continue
            if generous or self._fork([False, True]):
                self._try_property(made, name, properties[name], depth)
        for trigger, wanted in schema.get("dependentRequired", {}).items():
            if trigger in made:
                self._demand(made, schema, wanted, depth)
        self._fill(made, schema, depth)
        return made

    def _demand(self, made: dict[str, Any], schema: Schema, names: Iterable[str], depth: int) -> None:
        properties = schema.get("properties", {})
        for name in names:
            if name not in made:
                wanted = properties[name] if name in properties else self._other(schema, name)
                made[name] = self.build(wanted, name, depth + 1)

    def _try_property(self, made: dict[str, Any], name: str, schema: object, depth: int) -> None:
        try:
            made[name] = self.build(schema, name, depth + 1)
        except (DeadEndError, PatternError):
            return

    def _fill(self, made: dict[str, Any], schema: Schema, depth: int) -> None:
        least = schema.get("minProperties", 0)
        if least > _MOST_NODES:
            raise DeadEndError
        names = schema.get("propertyNames", True)
        for number in range(1, _TRIES + int(least)):
            if len(made) >= least:
                return
            name = self.build(names, f"field{number}", depth + 1)
            name = f"{name}{number}" if name in made else name
            made[str(name)] = self.build(self._other(schema, str(name)), f"field{number}", depth + 1)

    def _other(self, schema: Schema, name: str) -> object:
        """Return the schema of a property that is not listed."""
        for pattern, wanted in schema.get("patternProperties", {}).items():
            if _validity({"pattern": pattern})(name):  # unlike Python's, its engine cannot be kept busy for hours
                return wanted
        return schema.get("additionalProperties", True)


def _item(schema: Schema, index: int) -> object:
    """Return the schema of one item of an array."""
    prefix = schema.get("prefixItems", [])
    wanted = prefix[index] if index < len(prefix) else schema.get("items", True)
    if "contains" in schema and index < schema.get("minContains", 1):
        return merged(wanted, schema["contains"]) if isinstance(wanted, dict) else schema["contains"]
    return wanted
