"""The page to be mailed in a real browser: what is seen are the figures of the JSON, on a phone, a desk and paper."""

import base64
import json
import shutil
from collections import Counter

import pytest

from tests.sheets.test_html_page import HOSTILE, REPORTS, hostile
from xl_leadkpi.funnel import as_json
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets.html_markup import markup
from xl_leadkpi.sheets.summary_page import page_of

pytestmark = pytest.mark.needs("chromium")
WIDTHS = {"small phone": 360, "phone": 390, "tablet": 768, "desk": 1366}

SEEN = """
return [...document.querySelectorAll('[data-figure]')].map(one => {
  const box = one.getBoundingClientRect();
  return [one.dataset.figure, one.innerText, box.width > 0 && box.height > 0 && getComputedStyle(one).opacity !== '0'];
});
"""
TOO_WIDE = """
const width = document.documentElement.clientWidth;
return [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && (box.right > width + 0.5 || box.left < -0.5);
}).map(one => one.tagName + ' ' + one.textContent.slice(0, 60));
"""
BROKEN_WORDS = """
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walk.nextNode());) {
  for (const word of node.data.matchAll(/[^\\s\\u00a0\\u2013-]+/g)) {
    if (word[0].length > 24 || /[=_]/.test(word[0])) continue;  // no column has room for it, or an option
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const lines = new Set([...range.getClientRects()].filter(box => box.width).map(box => Math.round(box.top)));
    if (lines.size > 1) found.push(word[0]);
  }
}
return found;
"""
TEXTS_OVER_EACH_OTHER = """
const boxes = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walk.nextNode());) {
  if (!node.data.trim()) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) if (box.width > 1) boxes.push([box, node.data]);
}
const found = [];
for (let i = 0; i < boxes.length; i++) for (let k = i + 1; k < boxes.length; k++) {
  const [a, b] = [boxes[i][0], boxes[k][0]];
  const over = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (over > 1 && high > 4) found.push([boxes[i][1], boxes[k][1]]);
}
return found;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser without a window that keeps a log of what it is asked to load."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page of a report at a width."""

    def open_page(report, language="en", width=1366):
        path = tmp_path / "funnel.html"
        path.write_text(markup(page_of(report, language)), encoding="utf-8")
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        browser.get(path.as_uri())
        return browser

    return open_page


@pytest.fixture(scope="module", params=REPORTS)
def report(request, tmp_path_factory):
    return REPORTS[request.param](tmp_path_factory.mktemp("sample"))


def at(data, path):
    for step in path.split("."):
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def test_every_figure_of_the_json_is_seen(opened, report):
    """What the browser shows of each figure: counts exactly, and no figure hidden, at each width."""
    data = json.loads(json.dumps(as_json(report)))
    counted = Counter()
    for width in WIDTHS.values():
        for path, text, is_seen in opened(report, "en", width).execute_script(SEEN):
            assert is_seen, (width, path)
            if "+" in path or path.startswith("change:"):
                continue
            value = at(data, path)
            if value is None:
                assert text == "–", path
            elif path.rpartition(".")[2] in {"leads", "won", "reached", "opportunities", "lost"}:
                assert text == f"{value:,.0f}", path
                counted[width] += 1
            elif path.rpartition(".")[2] in {"win_rate", "next_step", "lead_conversion_mature"} and abs(value) < 10:
                assert text == f"{value:.1%}", path
    assert counted == dict.fromkeys(WIDTHS.values(), counted[1366])
    assert counted[1366]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_is_cut_broken_or_over_another_text(opened, report, language, width):
    page = opened(report, language, width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    assert not page.execute_script(TOO_WIDE)
    assert not page.execute_script(BROKEN_WORDS)
    assert not page.execute_script(TEXTS_OVER_EACH_OTHER)


@pytest.mark.parametrize("language", languages())
def test_it_is_printed_on_few_pages(opened, report, language):
    """A4, as the browser prints it; the names of columns stand over each part of a table."""
    printed = opened(report, language).execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    content = base64.b64decode(printed["data"])
    pages = content.count(b"/Type /Page\n") + content.count(b"/Type /Page/")
    assert 1 <= pages <= 3


@pytest.mark.parametrize("language", languages())
def test_words_of_the_export_do_nothing(opened, language):
    """Hostile names are shown; nothing is fetched, run, or told to the console."""
    page = opened(hostile(), language, WIDTHS["phone"])
    page.get_log("browser")
    page.get_log("performance")
    page.refresh()
    sent = [json.loads(one["message"])["message"] for one in page.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in sent if one["method"] == "Network.requestWillBeSent"}
    assert asked == {page.current_url}
    assert page.get_log("browser") == []
    assert not page.execute_script("return [...document.querySelectorAll('script,img,iframe,link')].length")
    assert page.execute_script("return document.documentElement.scrollWidth") <= WIDTHS["phone"]
    assert HOSTILE[0] in page.execute_script("return document.body.innerText")
