"""Fills the templates of pages so that no text from elsewhere is markup, acted on, or invisible."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.exchange.visible import visible

_LINES = "\n\t"


def filled(template: str, **facts: Any) -> str:  # noqa: ANN401 - whatever the template names
    """Return a template with facts filled in; every text is made visible and escaped.

    The result has a UTF-8 form, whatever the texts are.
    """
    return _environment().get_template(template).render(**facts)


def page(template: str, *, styles: tuple[str, ...], scripts: tuple[str, ...], **facts: Any) -> str:  # noqa: ANN401
    """Return a page that holds its styles and its scripts, and by its policy (CSP 3) can load and run nothing else."""
    style, run = "\n".join(map(_source, styles)), "\n".join(map(_source, scripts))
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(run)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    # Our own files, shipped with the package: the only texts that are not escaped.
    return filled(template, policy=policy, style=Markup(style), script=Markup(run), **facts)  # noqa: S704


def cut(text: str, most: int) -> str:
    """Return at most so many characters of a text, and how many more there are."""
    left = len(text) - most
    return text if left <= 0 else f"{text[:most]} … ({left} more characters)"


def harmless(value: Any) -> Any:  # noqa: ANN401 - any value that a template names
    """Return what a template may show of a value: of a text, nothing invisible but line ends and tabs."""
    if isinstance(value, Markup) or not isinstance(value, str) or value.isprintable():
        return value
    return visible(value, keep=_LINES)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("conformance.reporters"),
        autoescape=True,
        finalize=harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cut"] = cut
    return environment


def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
