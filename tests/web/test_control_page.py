"""The control page in a real browser: every control changes the run, and every change is seen."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Any]

# The person is the left half, so the right half of the picture is what stands behind.
MIDDLE_OF_RIGHT = """(() => {
  const canvas = document.getElementById("picture");
  return [...canvas.getContext("2d").getImageData(canvas.width * 0.8, canvas.height * 0.3, 1, 1).data].slice(0, 3);
})()"""


def behind(page: Any) -> list[int]:
    """RGB of the live picture, where nobody is."""
    return page.evaluate(MIDDLE_OF_RIGHT)


def shows(page: Any, rgb: tuple[int, int, int], seconds: float = 8) -> None:
    """Waits until that is what stands behind in the live picture."""
    end = time.monotonic() + seconds
    while np.abs(np.array(behind(page)) - rgb).max() > 12:
        assert time.monotonic() < end, f"{behind(page)} is not {rgb}"
        time.sleep(0.05)


def becomes(read: Callable[[], Any], wanted: Any, seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while read() != wanted:
        assert time.monotonic() < end, f"{read()} is not {wanted}"
        time.sleep(0.05)


GREEN, BLUE, BLACK, WHITE, GRAY = (0, 177, 64), (0, 71, 187), (0, 0, 0), (255, 255, 255), (128, 128, 128)


@pytest.fixture
def page(run: Any, open_page: OpenPage) -> Any:
    page = open_page(run.url, 1280, 900)
    page.get_by_text("live", exact=True).wait_for()
    shows(page, GREEN)
    return page


def test_every_background_is_seen_in_the_live_picture(page: Any, run: Any) -> None:
    for name, rgb in {"blue": BLUE, "black": BLACK, "white": WHITE, "gray": GRAY, "green": GREEN}.items():
        page.get_by_label(name, exact=True).check(force=True)
        shows(page, rgb)
        assert run.control.settings.background == name
    page.get_by_label("Own colour").evaluate("(i) => { i.value = '#cc2288'; i.dispatchEvent(new Event('change')); }")
    shows(page, (0xCC, 0x22, 0x88))
    page.get_by_label("blur", exact=True).check(force=True)
    becomes(lambda: run.control.settings.background, "blur")
    page.get_by_label("Amount of blur").fill("40")
    becomes(lambda: run.control.settings.background, "blur:40")
    becomes(lambda: page.locator("#blur-value").inner_text(), "40 px")


def test_views_are_looked_at_here_and_change_nothing_elsewhere(page: Any, run: Any) -> None:
    page.get_by_label("Matte").check(force=True)
    shows(page, BLACK)
    page.get_by_label("Split").check(force=True)
    shows(page, GREEN)
    page.get_by_label("Before").check(force=True)
    end = time.monotonic() + 8
    while np.abs(np.array(behind(page)) - GREEN).max() < 30 or behind(page) == list(BLACK):
        assert time.monotonic() < end
    assert run.control.settings.show == "result"


def test_the_panic_button_hides_everything_at_once(page: Any, run: Any) -> None:
    page.get_by_role("button", name="Hide me").click()
    becomes(lambda: run.control.settings.show, "placeholder")
    shows(page, (36, 40, 46))
    page.get_by_label("Before").check(force=True)
    time.sleep(1)
    shows(page, (36, 40, 46))
    page.get_by_label("After").check(force=True)
    page.get_by_role("button", name="Show me").click()
    shows(page, GREEN)
    page.locator("body").press("h")
    becomes(lambda: run.control.settings.show, "placeholder")


def test_who_hides_in_haste_stays_hidden(page: Any, run: Any) -> None:
    """A second click of a startled hand, or a key held down, is no wish to be seen again."""
    page.get_by_role("button", name="Hide me").dblclick()
    becomes(lambda: page.locator("#state-text").inner_text(), "hidden")
    time.sleep(1)
    assert run.control.settings.show == "placeholder"
    page.locator("body").press("h")
    becomes(lambda: run.control.settings.show, "result")
    becomes(lambda: page.get_by_role("button", name="Hide me").count(), 1)
    for _ in range(4):  # All but the first are repetitions.
        page.keyboard.down("h")
        time.sleep(0.9)
    assert run.control.settings.show == "placeholder"


def test_the_room_is_replaced_or_not(page: Any, run: Any) -> None:
    page.get_by_label("Replace the room").uncheck()
    becomes(lambda: run.control.settings.show, "original")
    page.get_by_label("Replace the room").check()
    becomes(lambda: run.control.settings.show, "result")
    shows(page, GREEN)
    run.change(show="split")
    becomes(page.get_by_label("Replace the room").is_checked, False)


def test_every_live_setting_has_a_control_that_works(page: Any, run: Any) -> None:
    fields = run.ask("/api/fields").json
    del fields["background"]
    for name, field in fields.items():
        control = page.locator(f"#field-{name}")
        assert page.locator(f"label[for=field-{name}]").is_visible()
        assert field["description"][:20].lower() in page.locator(f"#field-{name}-help").inner_text().lower()
        before = getattr(run.control.settings, name)
        if "enum" in field or "choices" in field:
            values = field.get("enum") or [choice["value"] for choice in field["choices"]]
            wanted = next(value for value in values if value != before)
            control.select_option(str(wanted))
        elif field["type"] == "boolean":
            wanted = not before
            control.set_checked(wanted)
        elif control.get_attribute("type") == "range":
            control.fill(control.get_attribute("max" if before != field["maximum"] else "min"))
            wanted = field["maximum" if before != field["maximum"] else "minimum"]
        else:
            continue
        becomes(lambda name=name: getattr(run.control.settings, name), wanted)
        run.change(**{name: before if before is not None else field["default"]})
    assert page.locator("#message[data-kind=error]").count() == 0


def test_another_engine_is_chosen_and_the_camera_named(page: Any, run: Any) -> None:
    becomes(lambda: page.locator("#camera").evaluate("select => select.selectedOptions[0]?.text"), "synthetic")
    page.get_by_label("Engine").select_option("onnxruntime")
    becomes(lambda: run.control.status.engine, "onnxruntime", 20)
    becomes(lambda: page.locator("#where").inner_text(), "synthetic · onnxruntime")
    page.get_by_label("Engine").select_option("onnxruntime-coreml")
    becomes(lambda: "CoreML" in page.locator("#message").inner_text(), True)
    assert run.control.settings.engine == "onnxruntime"


def test_a_picture_is_added_chosen_and_removed(page: Any, run: Any, folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "My Beach.png"
    cv2.imwrite(str(picture), np.full((90, 160, 3), (30, 160, 230), np.uint8))
    page.locator("input[type=file]").set_input_files(picture)
    shows(page, (230, 160, 30))
    assert run.control.settings.background == "my-beach"
    assert [path.name for path in folder.iterdir()] == ["my-beach.jpg"]
    becomes(lambda: page.locator(".card img").evaluate_all("images => images.map(image => image.naturalWidth)"), [240])
    remove = page.get_by_role("button", name="Remove my-beach")
    remove.click(force=True)
    remove.click(force=True)
    becomes(lambda: "in use" in page.locator("#message").inner_text(), True)
    page.get_by_label("green", exact=True).check(force=True)
    shows(page, GREEN)
    remove.click(force=True)
    becomes(remove.inner_text, "remove?")
    remove.blur()
    becomes(remove.inner_text, "\N{MULTIPLICATION SIGN}")
    assert [path.name for path in folder.iterdir()] == ["my-beach.jpg"], "one press may be a slip"
    remove.click(force=True)
    remove.click(force=True)
    becomes(remove.count, 0)
    assert list(folder.iterdir()) == []


def test_a_picture_is_dropped_onto_the_page(page: Any, run: Any) -> None:
    encoded = cv2.imencode(".png", np.full((90, 160, 3), (200, 40, 40), np.uint8))[1].tobytes()
    page.evaluate(
        """bytes => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
          const target = document.getElementById("backgrounds");
          target.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        list(encoded),
    )
    shows(page, (40, 40, 200))
    assert run.control.settings.background == "dropped"


def test_what_is_no_picture_is_refused_in_words(page: Any, tmp_path: Path, complaints: list[str]) -> None:
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    page.locator("input[type=file]").set_input_files(text)
    becomes(lambda: "is not an image of a known kind" in page.locator("#message").inner_text(), True)
    shows(page, GREEN)


def test_changes_from_elsewhere_are_seen_at_once(page: Any, run: Any, open_page: OpenPage) -> None:
    other = open_page(run.url)
    run.control.change(background="blue")
    for window in (page, other):
        becomes(window.get_by_label("blue", exact=True).is_checked, True)
    other.get_by_role("button", name="Hide me").click()
    page.get_by_role("button", name="Show me").wait_for()
    run.control.tell("saved somewhere")
    page.get_by_text("saved somewhere").wait_for()


def test_it_says_who_watches(page: Any, run: Any, open_page: OpenPage) -> None:
    overlay = open_page(f"{run.url}/overlay")
    page.locator("#watchers").get_by_text("Overlay").wait_for()
    overlay.close()
    becomes(page.locator("#watchers").get_by_text("Overlay").count, 0)


def test_the_meter_counts(page: Any) -> None:
    becomes(lambda: page.locator("#fps").inner_text()[0].isdigit(), True)
    becomes(lambda: page.locator("#line").get_attribute("points").count(",") >= 2, True)
    assert page.locator("#stages li").count() >= 4


@pytest.mark.parametrize(("width", "height"), [(300, 700), (390, 844), (1280, 860)], ids=["dock", "phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_everybody_can_use_it(
    run: Any, open_page: OpenPage, complaints: list[str], width: int, height: int, scheme: str
) -> None:
    """No sideways scrolling, and no serious violation of the accessibility rules that axe knows."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = open_page(run.url, width, height, color_scheme=scheme)
    page.get_by_text("live", exact=True).wait_for()
    shows(page, GREEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page).response["violations"]
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}]
    assert serious == []
    assert complaints == []


def test_where_the_system_sets_the_colours_nothing_vanishes(run: Any, open_page: OpenPage) -> None:
    """As with Windows' contrast themes: a switch and a dot that the page draws would be white on white."""
    page = open_page(run.url, 640, 900, forced_colors="active")
    page.get_by_text("live", exact=True).wait_for()

    def drawn(what: str) -> Any:
        return cv2.imdecode(np.frombuffer(page.locator(what).screenshot(), np.uint8), cv2.IMREAD_COLOR_RGB)

    assert drawn("#replace").std() > 20
    assert drawn(".dot").std() > 20
    tile = drawn("[name=background][value=blue] + .tile")
    assert tuple(tile[tile.shape[0] // 2, tile.shape[1] // 2]) == BLUE


def test_the_keyboard_reaches_everything(page: Any) -> None:
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert {"view", "panic", "replace", "snapshot", "recording", "background", "field-show"} <= set(reached)


def test_while_the_room_is_seen_the_page_says_so_in_words_and_in_red(page: Any, run: Any) -> None:
    seen = page.locator("#seen")
    assert not seen.is_visible()
    for show in ("original", "split"):
        run.change(show=show)
        seen.wait_for(state="visible")
        assert page.locator("#state-text").inner_text() == "your room is seen"
        assert page.locator(".screen").evaluate("screen => getComputedStyle(screen).outlineStyle") == "solid"
    run.change(show="placeholder")
    seen.wait_for(state="hidden")
    becomes(lambda: page.locator("#state-text").inner_text(), "hidden")
    becomes(page.title, "greenscreen: hidden")


@pytest.mark.parametrize("width", [320, 700, 1180])
def test_the_picture_stays_in_sight_while_one_scrolls(run: Any, open_page: OpenPage, width: int) -> None:
    page = open_page(run.url, width, 640)
    page.get_by_text("live", exact=True).wait_for()
    page.locator("#field-feather_in").scroll_into_view_if_needed()
    assert page.evaluate("scrollY") > 100
    place = page.locator("#picture").bounding_box()
    assert place["y"] > -1
    assert 100 < place["height"] < 640 * 0.7
    below = page.locator("#field-feather_in").bounding_box()
    aside = below["x"] > place["x"] + place["width"]
    assert aside or below["y"] >= place["y"] + place["height"], "what is tuned lies under the picture"


def test_an_ended_run_looks_so_and_nothing_can_be_pressed(page: Any, run: Any) -> None:
    run.control.stop()
    page.get_by_text("greenscreen has ended").wait_for()
    assert page.locator("#state-text").inner_text() == "not running"
    assert page.locator("main").evaluate("main => main.inert")
    assert page.locator("#fps").inner_text() == "\N{EN DASH}"


def test_hiding_works_while_requests_of_the_page_are_stuck(page: Any, run: Any) -> None:
    """A browser sends a few at a time, and queues the rest."""
    opened = Event()

    def slow(old: Any, new: Any) -> None:
        assert opened.wait(30)

    run.control.prepare(slow, "background")
    try:
        page.evaluate("""() => {
          const headers = { "Content-Type": "application/json" }, body = '{"background": "blue"}';
          for (let n = 0; n < 20; n += 1) fetch("/api/settings", { method: "PATCH", headers, body });
        }""")
        page.get_by_role("button", name="Hide me").click()
        becomes(lambda: run.control.settings.show, "placeholder")
        becomes(lambda: page.locator("#state-text").inner_text(), "hidden")
    finally:
        opened.set()
