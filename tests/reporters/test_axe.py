"""The pages are clean by axe, light and dark, with everything open: contrast, names, structure, keyboard."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest
from pagesamples import exchange

from conformance.reporters import json_report
from conformance.reporters.matrix import document
from conformance.reporters.matrix.table import table
from conformance.reporters.page.document import text
from conformance.storedreport import read

AXE = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
FOUND = "axe.run().then(found => found.violations.map(each => [each.id, ...each.nodes.map(node => node.html)]))"


@pytest.fixture
def run_page(drawn, tmp_path):
    """The page of a run with every verdict, exchanges, and generated requests."""
    page = tmp_path / "page.html"
    page.write_text(text(json_report.run_document(drawn), {"ex-0031": exchange()}, ("report.json",)), encoding="utf-8")
    return page


@pytest.fixture
def matrix_page(report, tmp_path):
    """The page of two runs side by side."""
    stored = tmp_path / "two.json"
    other = replace(report, api="genos", title="GenOS", results=report.results[3:])
    stored.write_text(json_report.text([report, other]), encoding="utf-8")
    page = tmp_path / "matrix.html"
    page.write_text(document.text(table(read(stored))), encoding="utf-8")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["run_page", "matrix_page"])
def test_page_is_clean(page, theme, browser, request):
    """Axe finds nothing."""
    browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    try:
        browser.open(request.getfixturevalue(page))
        browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        browser.run(AXE + ";0")
        assert browser.run("axe.version")
        assert browser.run(FOUND) == []
    finally:
        browser.ask("Emulation.setEmulatedMedia", features=[])
