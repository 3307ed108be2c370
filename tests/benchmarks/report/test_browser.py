"""The page in Chromium, headless: light and dark, phone and desktop, by keyboard, mouse and touch."""

import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# No sandbox for root; nothing that looks for a network or an update.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1280, 900), (360, 740)
DRAWN = "document.documentElement.dataset.drawn === '{}'"
PLOTS = 13
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium here; Debian's package is chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def opened(browser, folder, scheme="light", size=DESKTOP, script="", **options):
    """A page that keeps its complaints: what the console says, errors, requests for anything but itself."""
    view = {"width": size[0], "height": size[1]}
    # Nothing moves by itself: a place on the screen stays where it was found.
    calm = {"reduced_motion": "reduce", "has_touch": size == PHONE}
    context = browser.new_context(viewport=view, color_scheme=scheme, **calm, **options)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(f"console: {message.type} {message.text}"))
    page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
    address = (folder / "index.html").as_uri()
    own = (address, "data:")
    page.on("request", lambda one: one.url.startswith(own) or page.complaints.append(f"request: {one.url[:100]}"))
    if script:
        page.add_init_script(script)
    page.goto(address)
    if options.get("java_script_enabled", True):
        page.wait_for_function(DRAWN.format(scheme))
    return page


@pytest.fixture
def visit(browser):
    """Function (folder, scheme, size) -> page, without complaints when the test ends."""
    pages = []

    def visited(*arguments, **options):
        pages.append(opened(browser, *arguments, **options))
        return pages[-1]

    yield visited
    for page in pages:
        page.context.close()
        assert page.complaints == []


@pytest.fixture(scope="module")
def window(browser, built):
    page = opened(browser, built)
    yield page
    page.context.close()


@pytest.fixture
def desktop(window):
    """The fixture's page in a wide window, one for all tests that leave it as they found it."""
    yield window
    assert window.complaints == []


def background(page):
    """Brightness of the page's ground, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, colour.strip("rgb()").split(","))) / 3


def too_wide(page):
    """By how many pixels the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def ink_of(page, plot):
    """(share of painted pixels, mean brightness of them) of a plot's canvas."""
    return page.evaluate(
        """(plot) => {
          const canvas = document.querySelector(`[data-plot=${plot}] canvas`);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const corner = data.slice(0, 3).join();
          let painted = 0, light = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data.slice(i, i + 3).join() === corner) continue;
            painted += 1;
            light += (data[i] + data[i + 1] + data[i + 2]) / 3;
          }
          return [painted / (data.length / 4), light / painted, data[0]];
        }""",
        plot,
    )


@pytest.mark.parametrize("scheme, size", [("light", DESKTOP), ("dark", PHONE)])
def test_the_page_is_drawn_in_both_themes_and_stays_in_its_width(visit, built, scheme, size):
    page = visit(built, scheme, size)
    other = "dark" if scheme == "light" else "light"
    for now in (scheme, other):
        if now == other:
            page.locator("#theme").click()
            page.wait_for_function(DRAWN.format(other))
        assert (background(page) < 60) == (now == "dark")
        assert page.locator("figure.plot.drawn canvas").count() == PLOTS
        assert page.locator("figure.plot img.static:visible").count() == 0
        share, _, corner = ink_of(page, "accuracy")
        assert share > 0.005 and (corner < 60) == (now == "dark")
        assert too_wide(page) == 0
    page.reload()
    page.wait_for_function(DRAWN.format(other))  # the choice is kept


def test_tables_are_sorted_by_their_headings(desktop):
    page = desktop
    table = page.locator(".result[data-set='typewritten letters'] table")
    page.select_option("#choose-set", "typewritten letters")
    assert table.is_visible() and not page.locator(".result[data-set=all] table").is_visible()
    heading = table.locator("thead th", has_text="time per image")
    column = heading.evaluate("(cell) => cell.cellIndex")

    def shown():
        return table.locator(f"tbody tr > :nth-child({column + 1})").evaluate_all(
            "cells => cells.map((cell) => cell.dataset.sort === undefined ? null : Number(cell.dataset.sort))"
        )

    heading.locator("button").click()
    up = [value for value in shown() if value is not None]
    assert heading.get_attribute("aria-sort") == "ascending" and len(up) > 10
    assert up == sorted(up) and shown()[-1] is None  # one engine has no time on this set: last
    heading.locator("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert shown() == [*reversed(up), None]
    name = table.locator("thead th").first
    name.locator("button").click()
    names = table.locator("tbody th").evaluate_all("cells => cells.map((cell) => cell.dataset.sort)")
    assert names == sorted(names) and heading.get_attribute("aria-sort") is None


def test_sets_and_measures_are_chosen_together(desktop):
    page = desktop
    drawn = "document.querySelector('[data-plot=accuracy] canvas').toDataURL()"
    before = page.evaluate(drawn)
    page.select_option("#choose-set", "cropped words")
    assert page.input_value("#choose-metric") == "word_accuracy"  # words have no bag of words
    assert page.locator("#choose-metric option[value=bag_f1]").is_disabled()
    page.select_option("#choose-metric", "cer")
    page.wait_for_timeout(100)
    assert page.evaluate(drawn) != before
    kept = page.locator("#conversion .result table:visible")
    page.select_option(".choose[data-of=ppocr] [data-signal=set]", "receipts")
    assert kept.count() == 1 and "receipts" in page.locator("#conversion .result:visible .caption").inner_text()


def test_marks_tell_their_figures(desktop):
    page = desktop
    canvas = page.locator("[data-plot=processor] canvas")
    canvas.scroll_into_view_if_needed()
    # Scrolling takes the tip away, and the page hears of it only with the next frame.
    page.evaluate(NEXT_FRAME)
    place = canvas.bounding_box()
    page.mouse.move(place["x"] + 20, place["y"] + 28)
    tip = page.locator(".tip")
    tip.wait_for(state="visible")
    assert tip.inner_text().split("\n") == ["Tesseract, 1 thread", "98.6"]
    page.mouse.move(place["x"] + 20, place["y"] - 40)
    tip.wait_for(state="hidden")


def test_the_gallery_shows_what_each_engine_found(visit, built, report):
    page = visit(built, size=PHONE)
    boxes = page.locator(".pictures .picture").first.locator("polygon")
    for engine in ("ours-ppocr-int8-2t", "tesseract-1t"):
        page.select_option("#choose-reader", engine)
        found = report["gallery"][0]["found"][engine]
        assert boxes.count() == sum(line["quad"] is not None for line in found)
    page.uncheck("#show-found")
    page.check("#show-truth")
    assert boxes.count() == len(report["gallery"][0]["truth"])
    assert page.locator(".pictures .picture").first.locator("polygon.ignored").count() == 1
    page.check("#show-found")
    page.locator(".pictures .frame").first.tap()
    dialog = page.locator("#enlarged")
    assert dialog.is_visible() and too_wide(page) == 0
    dialog.locator("select").select_option("rapidocr")
    texts = dialog.locator("ul.found li").all_inner_texts()
    found = report["gallery"][0]["found"]["rapidocr"]
    assert len(texts) == len(found) and all(text.startswith(line["text"]) for text, line in zip(texts, found))
    sure = [line["confidence"] for line in found]
    assert all(f"{value:.2f}" in text for text, value in zip(texts, sure) if value is not None)
    assert "<script>document.title='broken'</script>" in texts[-1] and texts[-1].endswith("(no box)")
    dialog.locator("[data-step='1']").click()
    assert report["gallery"][1]["image"] in dialog.locator(".title").inner_text()
    dialog.press("ArrowLeft")
    assert report["gallery"][0]["image"] in dialog.locator(".title").inner_text()
    dialog.press("Escape")
    assert not dialog.is_visible()
    assert page.title() == "Benchmark of text readers"


def test_reports_at_the_edges_make_whole_pages(visit, edge):
    _, folder = edge
    page = visit(folder, "dark", PHONE)
    assert too_wide(page) == 0
    figures = page.locator("figure.plot")
    assert figures.count() == page.locator("figure.plot.drawn canvas").count()
    assert page.locator("h1").inner_text().strip()


def test_without_scripts_tables_and_pictures_stand(visit, built):
    page = visit(built, java_script_enabled=False)
    assert page.locator("figure.plot img.static:visible").count() == PLOTS
    assert page.locator(".result table:visible").count() == page.locator(".result table").count() > 5
    assert page.locator(".choose:visible").count() == 0


def test_where_drawing_fails_the_pictures_stay(visit, built):
    broken = "Object.defineProperty(window, 'vegaEmbed', { value: () => Promise.reject(new Error('no canvas')) });"
    page = visit(built, script=broken)
    assert page.locator("figure.plot img.static:visible").count() == PLOTS
    assert sum("no canvas" in complaint for complaint in page.complaints) == PLOTS
    page.complaints.clear()
    page.select_option("#choose-set", "receipts")  # and the tables still follow
    assert page.locator("#accuracy .result[data-set=receipts]").is_visible()
