"""The HTML report as its readers use it, in a real browser."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from lrmigrate.project.fixer import Fixer
from lrmigrate.report.html import render
from lrmigrate.report.text import printable
from tests.report.html.conftest import PROJECT, Opened, Watched, proof_of, reports_of

pytestmark = pytest.mark.browser

ALL = ["decay.py:3", "decay.py:4", "optimizer.py:3", "run.py:3", "run.py:4"]
PAYLOAD = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
BIDI = "\u202e\u2066txt.\u2028\x1b[31m"


def press(watched: Watched, *keys: str) -> None:
    for key in keys:
        watched.page.keyboard.press(key)


def focused(watched: Watched) -> str:
    """The id of the element that has the focus."""
    return watched.page.evaluate("document.activeElement.id")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("control", "value", "sites"),
    [
        ("rule", "LR202", ["optimizer.py:3"]),
        ("level", "manual", ["run.py:3"]),
        ("level", "unsafe", ["decay.py:4"]),
        ("verdict", "identical", ["decay.py:3"]),
        ("verdict", "different", ["optimizer.py:3"]),
        ("verdict", "unverified", ["run.py:3"]),
        ("folder", "models/", ["decay.py:3", "decay.py:4", "optimizer.py:3"]),
    ],
)
def test_each_filter_shows_what_fits(
    opened: Opened, project_page: Path, control: str, value: str, sites: list[str]
) -> None:
    watched = opened(project_page)
    watched.shows(ALL)
    watched.page.locator(f"#filters [name={control}]").select_option(value)
    watched.shows(sites)
    assert watched.page.locator("#filters output").inner_text() == f"{len(sites)} of 5"
    assert watched.page.url.endswith("#" + f"{control}={quote(value, safe='')}")
    assert not watched.complaints


def test_file_search_ignores_case_and_says_when_nothing_fits(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    watched.page.locator("[name=file]").fill("MODELS/d")
    watched.shows(["decay.py:3", "decay.py:4"])
    assert watched.page.locator("h3:visible").all_inner_texts() == ["models/decay.py"]
    watched.page.locator("[name=file]").fill("models/d]")
    watched.shows([])
    assert watched.page.get_by_text("No site fits these filters.").is_visible()
    watched.page.get_by_role("button", name="Clear").click()
    watched.page.locator("output", has_text="5 of 5").wait_for()
    watched.shows(ALL)
    assert "#" not in watched.page.url


def test_a_view_is_shared_by_its_address(opened: Opened, project_page: Path) -> None:
    first = opened(project_page)
    first.page.locator("[name=file]").fill("c y+&=%#é")
    first.page.locator("[name=level]").select_option("safe")
    second = opened(project_page, "#" + first.page.url.partition("#")[2])
    assert second.page.locator("[name=file]").input_value() == "c y+&=%#é"
    assert second.page.locator("[name=level]").input_value() == "safe"
    first.shows([])
    second.shows([])
    second.page.evaluate("location.hash = '#verdict=close'")
    second.page.locator("output", has_text="1 of 5").wait_for()
    second.shows(["decay.py:4"])
    second.page.evaluate("location.hash = ''")
    second.page.locator("output", has_text="5 of 5").wait_for()


def test_an_address_of_another_report_shows_everything_that_fits(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page, "#rule=LR999&level=unsafe")
    assert watched.page.locator("[name=rule]").input_value() == ""
    watched.shows(["decay.py:4"])


def test_a_summary_is_a_filter(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    watched.page.get_by_role("link", name="models/").click()
    watched.page.locator("output", has_text="3 of 5").wait_for()
    assert watched.page.locator("[name=folder]").input_value() == "models/"
    watched.page.get_by_role("link", name="LR106").click()
    watched.shows(["run.py:4"])
    watched.page.locator(".tile.unsafe a").click()
    watched.shows(["decay.py:4"])


def test_a_link_to_a_hidden_site_shows_it(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page, "#rule=LR202")
    watched.page.evaluate("location.hash = '#site-1'")
    watched.page.locator("output", has_text="5 of 5").wait_for()
    assert focused(watched) == "site-1"


def test_keys_move_among_the_sites_that_are_shown(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    press(watched, "j")
    assert focused(watched) == "site-1"
    press(watched, "j", "j", "k")
    assert focused(watched) == "site-2"
    press(watched, "k", "k")
    assert focused(watched) == "site-1"
    watched.page.locator("[name=level]").select_option("safe")
    watched.page.locator("#site-1").focus()
    press(watched, "j", "j", "j")
    assert focused(watched) == "site-5"
    box = watched.page.locator("#site-5").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 800
    press(watched, "c")
    watched.page.locator("output", has_text="5 of 5").wait_for()


def test_keys_belong_to_the_search_while_it_is_typed_in(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    press(watched, "/")
    assert watched.page.evaluate("document.activeElement.name") == "file"
    watched.page.keyboard.type("jk?/ct")
    assert watched.page.locator("[name=file]").input_value() == "jk?/ct"
    assert not watched.page.locator("#help").is_visible()
    press(watched, "Escape", "c")
    watched.page.locator("output", has_text="5 of 5").wait_for()
    press(watched, "Control+j")
    assert focused(watched) == ""


def test_help_opens_and_closes_by_keys(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    press(watched, "?")
    assert watched.page.locator("#help").is_visible()
    press(watched, "j")
    assert not focused(watched).startswith("site")
    press(watched, "Escape")
    assert not watched.page.locator("#help").is_visible()
    watched.page.get_by_role("button", name="Keys").click()
    watched.page.get_by_role("button", name="Close").click()
    assert not watched.page.locator("#help").is_visible()


def test_tab_reaches_every_control_and_shows_where_it_is(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    wanted = set(
        watched.page.evaluate("""() => {
            const all = [...document.querySelectorAll('a, button, input, select, summary')];
            return all.filter(e => e.checkVisibility()).map((e, i) => e.dataset.tab = String(i));
        }""")
    )
    reached = set()
    for _ in range(len(wanted) + 10):
        press(watched, "Tab")
        tab, outline = watched.page.evaluate("""() => {
            const e = document.activeElement;
            return [e.dataset.tab ?? '', getComputedStyle(e).outlineStyle];
        }""")
        assert outline == "solid" or not tab, tab
        reached.add(tab)
    assert wanted <= reached


LEAST_CONTRAST = """() => {
    const channel = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
    const behind = e => {
        const c = numbers(getComputedStyle(e).backgroundColor);
        if (c.length === 3 || c[3] > 0) return c;
        return e.parentElement ? behind(e.parentElement) : [255, 255, 255];
    };
    let worst = [21, ''];
    for (const e of document.querySelectorAll('body *')) {
        const text = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
        if (!text || !e.checkVisibility()) continue;
        const style = getComputedStyle(e);
        const front = numbers(e instanceof SVGElement ? style.fill : style.color);
        const [a, b] = [light(front), light(behind(e))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 80)];
    }
    return worst;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_both_themes(opened: Opened, project_page: Path, scheme: str) -> None:
    watched = opened(project_page, color_scheme=scheme)
    background = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")
    ratio, where = watched.page.evaluate(LEAST_CONTRAST)
    assert ratio >= 4.5, where


def test_the_theme_can_be_chosen_and_is_remembered(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page, color_scheme="light")

    def corner() -> bytes:
        """One pixel of the background."""
        return watched.page.screenshot(clip={"x": 0, "y": 0, "width": 1, "height": 1})

    light = corner()
    press(watched, "t", "t")
    dark = corner()
    assert dark != light
    watched.page.reload()
    assert corner() == dark
    watched.page.get_by_role("button", name="Theme: dark").click()
    assert watched.page.get_by_role("button", name="Theme: system").is_visible()
    assert corner() == light


@pytest.mark.parametrize("width", [320, 390, 760, 1280])
def test_nothing_overflows_at_any_width(opened: Opened, tmp_path: Path, width: int) -> None:
    long = "x" * 200
    project = {
        **PROJECT,
        f"{long}/{long}.py": f"from keras.optimizers import SGD\n{long * 3} = SGD(lr={long}, decay=1e-6)\n",
    }
    reports = reports_of(tmp_path, project)
    path = tmp_path / "report.html"
    path.write_text(render(reports, Fixer(), proof_of(reports)), encoding="utf-8")
    watched = opened(path, width=width)
    watched.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    widths = watched.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths == [width, width]


def test_sides_are_stacked_on_a_phone(opened: Opened, project_page: Path) -> None:
    places = []
    for width in (1280, 390):
        watched = opened(project_page, width=width)
        cells = [watched.page.locator(f"#site-1 tr.both td:has({tag})") for tag in ("del", "ins")]
        boxes = [cell.first.bounding_box() for cell in cells]
        places.append([(round(box["x"]), round(box["y"])) for box in boxes if box])
    (old, new), (old_on_phone, new_on_phone) = places
    assert new[0] > old[0] + 400
    assert new[1] == old[1]
    assert new_on_phone[0] == old_on_phone[0]
    assert new_on_phone[1] > old_on_phone[1]


def test_everything_is_there_without_javascript(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page, java_script_enabled=False)
    watched.shows(ALL)
    assert watched.page.get_by_text("Filters and keys need JavaScript.").is_visible()
    assert not watched.page.locator("#filters").is_visible()
    assert not watched.page.get_by_role("button").all()
    watched.page.get_by_role("link", name="LR106").click()
    box = watched.page.locator("#site-5").bounding_box()
    assert box is not None
    assert box["y"] < 800


def test_print_shows_all_sites_on_white(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page, color_scheme="dark")
    watched.page.emulate_media(media="print")
    assert watched.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert watched.page.locator("#filters, .tools").first.is_hidden()
    style = "getComputedStyle(document.querySelector('article'))"
    assert watched.page.evaluate(f"{style}.breakInside") == "auto", "else the rest of a page stays blank"
    assert watched.page.evaluate(f"{style}.contentVisibility") == "visible"
    assert watched.page.pdf().startswith(b"%PDF")


def test_curves_are_drawn_where_both_sides_ran(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    assert watched.page.locator("article:has(figure) h4 a").all_text_contents() == ALL[:3]

    def paths(site: int) -> list[str | None]:
        """The data of both curves."""
        curves = watched.page.locator(f"#site-{site} figure > svg path").all()
        return [curve.get_attribute("d") for curve in curves]

    old, new = paths(1)
    assert old == new
    assert old
    assert old.startswith("M")
    old, new = paths(3)
    assert old != new


def test_what_users_wrote_stays_text(opened: Opened, tmp_path: Path) -> None:
    source = (
        "import tensorflow as tf\n\n"
        f"lr = tf.train.cosine_decay(0.1, step, 100)  # {PAYLOAD} {{{{ 7 * 7 }}}}\n"
        f"x = tf.train.noisy_linear_cosine_decay(0.1, step, 9)  # {BIDI.replace(chr(0x1B), '')} --> ]]>\n"
        f'd["{PAYLOAD}"].optimizer.lr = 1\n'
    )
    cell = json.dumps({"cell_type": "code", "source": [source], "metadata": {}, "outputs": []})
    project = {
        f"a{PAYLOAD.replace('/', '∕')}\n\"'&{BIDI}.py": source,
        f"{BIDI}/b.ipynb": f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}',
        "javascript:alert(1)/c&amp;.py": source,
    }
    reports = reports_of(tmp_path, project)
    raw = os.fsdecode(b"d\xff.py")  # a name that is not UTF-8
    (tmp_path / raw).write_text(source, encoding="utf-8")
    reports += reports_of(tmp_path, {})[-1:]
    path = tmp_path / "report.html"
    path.write_text(render(reports, Fixer(), proof_of(reports, PAYLOAD + BIDI)), encoding="utf-8")
    watched = opened(path)

    assert watched.page.evaluate("window.hacked") is None
    assert watched.requests == []
    assert watched.complaints == []
    assert watched.page.locator("script").count() == 1
    assert (
        watched.page.locator("img, iframe, object, embed, base, [onerror], [onclick], [style]").count() == 0
    )
    titles = watched.page.locator("h3").all_text_contents()
    assert titles == [printable(report.path) for report in reports]
    code = watched.page.locator("article td").all_text_contents()
    assert sum(f"# {PAYLOAD} {{{{ 7 * 7 }}}}" in line for line in code) > 4
    assert any("\\u202e\\u2066txt.\\u2028[31m --> ]]>" in line for line in code)
    assert not any(character in watched.page.content() for character in "\u202e\u2066\u2028\x1b")
    for number, link in enumerate(watched.page.locator("th.folder a").all()):
        link.click()
        folder = link.text_content()
        shown = watched.page.locator("section.file:visible").all()
        assert shown, number
        assert {section.get_attribute("data-folder") for section in shown} == {folder}


def test_the_policy_lets_nothing_else_run(opened: Opened, project_page: Path) -> None:
    watched = opened(project_page)
    watched.page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.hacked = 1';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.hacked = 1">');
        document.body.insertAdjacentHTML('beforeend', '<p id=styled style="color: red">x</p>');
    }""")
    refused = watched.page.evaluate("fetch('https://example.org/').then(() => false, () => true)")
    assert refused
    assert watched.page.evaluate("window.hacked") is None
    assert watched.page.evaluate("getComputedStyle(styled).color") != "rgb(255, 0, 0)"
    assert all("Content Security Policy" in complaint for complaint in watched.complaints)
    assert len(watched.complaints) >= 4
