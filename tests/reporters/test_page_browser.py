"""The pages work in Chromium: filter, sort, links, copying and printing, with nothing loaded and nothing refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagesamples import exchange, hostile_page, requirement

from conformance.report import Result, Verdict
from conformance.reporters.json_report import run_document
from conformance.reporters.page.document import text

SHOWN = "[...document.querySelectorAll('.row')].filter(r => !r.hidden).map(r => r.id)"


def say(browser, name, value, event="input"):
    """Put a value into a control as a user does."""
    script = f"(e => {{ e.value = {value!r}; e.dispatchEvent(new Event('{event}', {{bubbles: true}})); }})"
    browser.run(f"{script}(document.getElementById('{name}'))")


@pytest.fixture
def opened(browser, tmp_path, drawn):
    """The page of a run, opened."""
    page = tmp_path / "page.html"
    page.write_text(text(run_document(drawn), {"ex-0031": exchange()}), encoding="utf-8")
    browser.troubles.clear()
    browser.open(page)
    return browser


def test_rows_are_filtered(opened):
    """Words, level and verdict narrow the rows, and the count says so."""
    assert len(opened.run(SHOWN)) == 10
    say(opened, "words", "AUTH rate")
    assert opened.run(SHOWN) == ["auth.required", "auth.invalid", "auth.scheme-case"]
    say(opened, "level", "should")
    assert opened.run(SHOWN) == ["auth.scheme-case"]
    assert opened.run("document.getElementById('shown').textContent") == "1 of 10 shown"
    say(opened, "words", "")
    say(opened, "level", "")
    opened.run("document.querySelector('[name=verdict][value=untested]').click()")
    assert len(opened.run(SHOWN)) == 7
    say(opened, "group", "auth")
    assert opened.run(SHOWN) == ["auth.challenge"]
    assert opened.troubles == []


def test_findings_are_searched(opened):
    """The search finds what a finding says, too."""
    say(opened, "words", "the last event")
    assert opened.run(SHOWN) == ["stream.done"]


def test_rows_are_sorted(opened):
    """The worst stand first until another order is chosen."""
    assert opened.run(SHOWN)[:2] == ["chat.b", "stream.done"]
    say(opened, "sort", "id", "change")
    assert opened.run(SHOWN) == sorted(opened.run(SHOWN))
    say(opened, "sort", "place", "change")
    assert opened.run(SHOWN)[0] == "stream.done"


def test_links_open_their_row_even_if_filtered_away(opened):
    """A square of the map opens the row, and takes the filter off where it hides it."""
    say(opened, "words", "nothing has this")
    assert opened.run(SHOWN) == []
    opened.run(
        "new Promise(done => {addEventListener('hashchange', () => setTimeout(done));"
        "document.querySelector('.squares a[href=\"#stream.done\"]').click()})"
    )
    assert opened.run("document.getElementById('stream.done').open")
    assert len(opened.run(SHOWN)) == 10
    assert opened.run("document.activeElement.parentElement.id") == "stream.done"


def test_commands_are_copied_with_the_keyboard(opened, drawn):
    """The button beside a command copies the whole line."""
    opened.run("document.getElementById('stream.done').open = true")
    opened.run(
        "document.addEventListener('copy', () => { window.copied = getSelection().toString(); });"
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async t => { window.copied = t; }}});"
        "document.querySelector('.copy').focus()"
    )
    opened.press("Enter", 13, "\r")
    assert (
        opened.run("new Promise(done => setTimeout(() => done(window.copied), 50))")
        == drawn.results[0].findings[0].curl
    )


def test_slash_leads_to_the_search(opened):
    """The key / moves to the search, from where words can be typed."""
    opened.press("/", 191, "/")
    assert opened.run("document.activeElement.id") == "words"
    assert opened.run("document.activeElement.value") == ""


def test_theme_is_changed(opened):
    """The button turns the page dark, and light again."""
    paper = "getComputedStyle(document.body).backgroundColor"
    light = opened.run(paper)
    opened.run("document.getElementById('theme').click()")
    assert opened.run(paper) != light
    opened.run("document.getElementById('theme').click()")
    assert opened.run(paper) == light
    opened.run("localStorage.clear()")


def test_print_opens_findings(opened):
    """On paper the broken rows are open, and closed again after."""
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run("document.querySelectorAll('.row[open]').length") == 4
    opened.run("dispatchEvent(new Event('afterprint'))")
    assert opened.run("document.querySelectorAll('.row[open]').length") == 0


def test_hostile_texts_do_nothing(browser, tmp_path, report, hostile):
    """What is hostile runs nothing, loads nothing and breaks no policy."""
    page = tmp_path / "page.html"
    page.write_text(hostile_page(report, hostile), encoding="utf-8")
    browser.troubles.clear()
    browser.open(page)
    assert browser.run("document.scripts.length") == 1
    assert browser.run("document.getElementById('shown').textContent") == "1 of 1 shown"
    assert browser.troubles == []


def test_two_thousand_rows_fit_a_phone(browser, tmp_path, report):
    """A page of two thousand rows is filtered, and nothing is wider than a narrow window."""
    rows = tuple(Result(requirement(f"many.r{n}"), Verdict.PASS) for n in range(2000))
    page = tmp_path / "page.html"
    page.write_text(text(run_document(replace(report, results=rows)), {}), encoding="utf-8")
    browser.ask("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=False)
    browser.open(page)
    say(browser, "words", "many.r199")
    assert len(browser.run(SHOWN)) == 11
    assert browser.run("document.documentElement.scrollWidth") <= 400
    browser.ask("Emulation.clearDeviceMetricsOverride")
