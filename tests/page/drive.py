"""Drives the web page of a running server in a browser, as people do.

    pip install playwright          and Debian's chromium (apt install chromium)
    kindred demo &                  or any server with the sample gallery and its photos
    python tests/page/drive.py http://127.0.0.1:8080 [SCREENSHOT_DIR]

KINDRED_CHROMIUM names another browser than /usr/bin/chromium.
Prints a line per check; exits with 1 when one fails. Enrolls the family F9901, and deletes it again.
"""

import os
import re
import struct
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
FATHER = SAMPLE / "F0001" / "MID1" / "P00001_face0.jpg"
MOTHER = SAMPLE / "F0001" / "MID2" / "P00003_face0.jpg"
SON = SAMPLE / "F0001" / "MID3" / "P00006_face0.jpg"
NEW_FAMILY, NEW_PERSON = "F9901", "F9901/MID1"
STANDS_OUT = r"stands? out as (a )?possible (relative|child|parent)"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1200, "height": 850}


class Site:
    """A page of the server, and everything that went wrong in it."""

    def __init__(self, browser, url, shots, viewport=DESK, scheme="light"):
        self.url, self.shots, self.complaints = url.rstrip("/"), shots, []
        self.page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._watch)

    def _hear(self, message):
        # The browser itself reports every answer from 400 on, also those that are asked for here.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def _watch(self, request):
        own = urlsplit(self.url).netloc
        if urlsplit(request.url).scheme != "blob" and urlsplit(request.url).netloc != own:
            self.complaints.append(f"asked another place: {request.url}")

    def open(self, path=""):
        self.page.goto(f"{self.url}/#/{path}")
        self.page.wait_for_selector("main h1")

    def choose(self, *files, field=0):
        self.page.set_input_files(f"main input[type=file] >> nth={field}", [str(file) for file in files])

    def search(self):
        self.page.click("main button[type=submit]")
        self.page.wait_for_selector(".answers h2, .problem")

    def shoot(self, name):
        if self.shots:
            self.page.wait_for_timeout(500)
            self.page.screenshot(path=str(Path(self.shots) / f"{name}.png"), full_page=True)

    def fits(self):
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.viewport_size["width"], f"scrolls sideways: {width}"

    def loaded(self, selector):
        """Waits until the photo is there."""
        self.page.locator(selector).first.scroll_into_view_if_needed()
        self.until("s => document.querySelector(s)?.naturalWidth > 0", f"{selector} img")

    def until(self, condition, argument=None):
        """Playwright's own wait_for_function evaluates in the page, where its security policy forbids that."""
        for _ in range(200):
            if self.page.evaluate(condition, argument):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never so: {condition} {argument or ''}")


def relatives(site):
    site.open()
    site.choose(FATHER)
    site.search()
    page = site.page
    assert page.locator(".probe .overlay rect").count() == 1, "the face is not framed"
    assert page.locator(".probe .overlay circle").count() == 5, "landmarks are missing"
    heading = page.inner_text(".answers h2")
    assert heading == "No relative found" or re.search(STANDS_OUT, heading), heading
    card = page.locator(".cards .card").first
    assert re.search("[Ss]upport (for|either way)", card.inner_text()), "no band of evidence"
    assert "of this size" in card.locator(".chance").inner_text(), "no chance matches"
    assert card.locator(".beside figure").count() == 2, "two faces are not side by side"
    assert re.search("scores? ", card.locator(".agreement").inner_text()), "no agreement"
    site.loaded(".cards .card .head .thumb")
    site.shoot("relatives")


def several_photos(site):
    site.open()
    site.choose(FATHER, FATHER.with_name("P00002_face0.jpg"))
    site.search()
    assert site.page.locator(".probe .overlay").count() == 2


def two_parents(site):
    site.open()
    site.page.check("input[value=children]")
    site.choose(FATHER)
    site.page.click("main button[type=submit]")
    assert "each parent" in site.page.inner_text("[role=alert]")
    site.choose(MOTHER, field=1)
    site.search()
    assert "child" in site.page.inner_text(".answers h2").lower()
    assert site.page.locator(".probe").count() == 2
    site.shoot("children")


def possible_parents(site):
    site.open()
    site.page.check("input[value=parents]")
    site.choose(SON)
    site.search()
    assert "parent" in site.page.inner_text(".answers h2").lower()
    assert site.page.locator(".couple .half").count() >= 2, "no couple"
    assert re.search("possible couple|relatives of one family", site.page.inner_text(".couple >> nth=0"))
    site.shoot("parents")


def same_person(site):
    site.open()
    site.page.check("input[value=same_person]")
    site.choose(FATHER)
    site.search()
    assert re.search("this person|one in the photo", site.page.inner_text(".answers h2").lower())


def known_person(site):
    """The person whom the photo shows is named."""
    site.open()
    modes = site.page.eval_on_selector_all("input[name=mode]", "all => all.map(({ value }) => value)")
    assert modes == ["relatives", "children", "parents", "same_person"], modes
    site.choose(FATHER)
    site.page.click("text=More options")
    site.page.fill("#as", "F0001/MID1")
    site.page.fill("#families", "F0001, F0002")
    site.search()
    page = site.page
    assert "The same person" in page.inner_text(".same")
    assert page.locator(".same a[href='#/person/F0001/MID1']").count() == 1
    assert page.locator(".cards .card h3 a[href='#/person/F0001/MID1']").count() == 0, "among their own relatives"
    families = page.eval_on_selector_all(".chips strong", "all => all.map((one) => one.textContent)")
    assert set(families) <= {"F0001", "F0002"}, families


def with_decision(site, is_kin):
    """The server's answer with other decisions: `is_kin` for the first match, none for the others."""
    photo = {"name": FATHER.name, "mimeType": "image/jpeg", "buffer": FATHER.read_bytes()}
    answer = site.page.request.post(f"{site.url}/v1/search", multipart={"image": photo}).json()
    for index, match in enumerate(answer["matches"]):
        match["kinship"].update(is_kin=is_kin and index == 0, chance_matches=9.3)
    answer["searched"].update(shortlist_rate=0.31)
    answer["notes"] = [{"code": "untypical_probe", "text": "This face is unlike the others."}]
    site.open()
    site.page.route("**/v1/search", lambda route: route.fulfill(json=answer))
    site.choose(FATHER)
    site.search()


def nobody_found(site):
    with_decision(site, is_kin=False)
    page = site.page
    assert page.inner_text(".answers h2") == "No relative found"
    assert page.locator(".cards .card").first.is_visible(), "the shortlist is hidden"
    text = page.inner_text(".answers")
    assert "In about three of ten searches" in text and "Most similar people" in text
    assert "about 9 strangers look at least this similar" in text
    assert "This face is unlike the others." in page.inner_text(".answers .notice")
    site.shoot("nobody")
    page.click("text=Search only among some families")
    site.until("document.activeElement.id === 'families'")
    page.click("text=Name the person in the photo")
    site.until("document.activeElement.id === 'as'")
    page.click("text=Search with two parents")
    assert page.is_checked("input[value=children]")
    page.click("text=Add more photos")
    site.until("document.activeElement.type === 'file'")


def one_stands_out(site):
    with_decision(site, is_kin=True)
    page = site.page
    assert page.inner_text(".answers h2") == "1 person stands out as a possible relative"
    cards = page.locator(".cards .card")
    assert cards.first.is_visible() and not cards.nth(1).is_visible()
    page.click("text=Most similar, but not more than strangers by chance")
    assert cards.nth(1).is_visible()
    site.shoot("stands-out")


def family(site):
    site.open("families")
    site.page.click("a[href='#/family/F0001']")
    site.page.wait_for_selector(".tree .node")
    assert site.page.locator(".tree .node").count() == 8
    assert site.page.locator(".tree path").count() >= 2
    site.loaded(".tree .node .thumb")
    site.shoot("family")
    site.page.click(".tiles.people a[href='#/person/F0001/MID3']")
    site.page.wait_for_selector(".photos li")
    assert "father" in site.page.inner_text("main")
    site.shoot("person")


def back_to_the_results(site):
    site.open()
    site.choose(FATHER)
    site.search()
    site.page.click(".cards .card h3 a >> nth=0")
    site.page.wait_for_selector(".photos li")
    site.page.go_back()
    assert site.page.locator(".cards .card").first.is_visible()


def enrol_find_delete(site):
    page = site.page
    site.open("enrol")
    page.fill("#family", NEW_FAMILY)
    page.press("#family", "Tab")
    page.wait_for_selector("text=is a new family")
    page.fill("#member", "MID1")
    site.choose(SON)
    page.click("main button[type=submit]")
    assert page.locator(".notice").count() == 0, "enrolled without consent"
    page.check("#consent")
    page.click("main button[type=submit]")
    page.wait_for_selector(f"text={NEW_PERSON} is enrolled")
    site.shoot("enrolled")
    # Another photo of the same man: the enrolled file itself would be left out.
    site.open()
    site.choose(SON.with_name("P00018_face1.jpg"))
    page.select_option("#limit", "50")
    site.search()
    assert page.locator(f".found a[href='#/person/{NEW_PERSON}']").count() >= 1, "not found again"
    delete_new_person(site)
    site.shoot("receipt")
    page.click("dialog button")
    page.wait_for_selector(".tile")
    assert page.locator(f"a[href='#/family/{NEW_FAMILY}']").count() == 0


def delete_new_person(site):
    page = site.page
    site.open(f"person/{NEW_PERSON}")
    page.click(".removal button")
    page.fill("#confirmation", "something else")
    page.click("dialog button.danger")
    assert page.locator(".receipt").count() == 0, "deleted without a confirmation"
    page.fill("#confirmation", NEW_PERSON)
    page.click("dialog button.danger")
    page.wait_for_selector(".receipt")
    assert NEW_PERSON in page.inner_text(".receipt")


def errors(site):
    site.open()
    with tempfile.TemporaryDirectory() as folder:
        text, plain = Path(folder) / "letter.jpg", Path(folder) / "wall.png"
        text.write_text("no photo")
        plain.write_bytes(png(320, 240))
        for file, words in [(text, "Not an image"), (plain, "No face was found")]:
            site.choose(file)
            site.search()
            panel = site.page.inner_text(".problem")
            assert words in panel and "Request" in panel, panel
            site.page.click(".previews button")
    site.shoot("error")
    site.open("person/F9999/MID1")
    site.page.wait_for_selector(".problem")
    assert "Not found" in site.page.inner_text(".problem")


def keyboard(site):
    page, choosers = site.page, []
    # Asked for early: the browser is told in its own time that choosers are handled here.
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    site.open()

    def tab_to(selector):
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    tab_to(".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main", "the skip link does not skip"
    tab_to(".drop input")
    page.keyboard.press("Enter")
    for _ in range(100):
        if choosers:
            break
        page.wait_for_timeout(100)
    choosers[0].set_files(str(FATHER))
    tab_to("button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".answers h2")
    site.until("document.activeElement.matches('.answers h2')")
    tab_to(".card h3 a")
    page.keyboard.press("Enter")
    page.wait_for_selector(".photos")
    assert page.evaluate("document.activeElement.tagName") == "H1"


def narrow(site):
    site.open()
    site.fits()
    site.choose(FATHER)
    site.search()
    site.loaded(".cards .card .head .thumb")
    site.fits()
    scheme = "dark" if site.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    site.shoot(f"phone-{scheme}-relatives")
    for path, selector in [("families", ".tile"), ("family/F0001", ".tree"), ("person/F0001/MID1", ".photos"), ("enrol", "form")]:
        site.open(path)
        site.page.wait_for_selector(selector)
        site.fits()
        site.shoot(f"phone-{scheme}-{path.split('/')[0]}")


def jobs(site):
    page = site.page
    site.open("jobs")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "photos.zip"
        with zipfile.ZipFile(archive, "w") as photos:
            for number, photo in enumerate([FATHER, MOTHER]):
                photos.write(photo, f"{NEW_FAMILY}/MID{number + 1}/photo.jpg")
            photos.writestr(f"{NEW_FAMILY}/MID3/photo.jpg", "text")
        site.choose(archive)
        page.check("#consent")
        page.click("main button[type=submit]")
        page.wait_for_selector(".job.done")
    assert "2 enrolled" in page.inner_text(".job.done"), page.inner_text(".job.done")
    page.click(".job.done summary")
    site.shoot("jobs")
    site.open(f"family/{NEW_FAMILY}")
    page.click(".removal button")
    page.fill("#confirmation", NEW_FAMILY)
    page.click("dialog button.danger")
    page.wait_for_selector(".receipt")


def png(width, height):
    """An image of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x50\x90\x60" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


CHECKS = [
    ("the face in a photo and the most similar people", relatives, {}),
    ("several photos of one person", several_photos, {}),
    ("children of two parents", two_parents, {}),
    ("possible parents", possible_parents, {}),
    ("other photos of one person", same_person, {}),
    ("a person who is known stands apart", known_person, {}),
    ("no relative found, and what helps", nobody_found, {}),
    ("a person who stands out", one_stands_out, {}),
    ("a family, its tree and a person", family, {}),
    ("results are still there after a visit to a person", back_to_the_results, {}),
    ("a person is enrolled, found, and deleted with a receipt", enrol_find_delete, {}),
    ("errors say what to do", errors, {}),
    ("a search by keyboard alone", keyboard, {}),
    ("an archive is enrolled by a job", jobs, {}),
    ("a phone's width, light", narrow, {"viewport": PHONE}),
    ("a phone's width, dark", narrow, {"viewport": PHONE, "scheme": "dark"}),
]


def main(url, shots=None):
    if shots:
        Path(shots).mkdir(parents=True, exist_ok=True)
    failed = 0
    with sync_playwright() as playwright:
        path = os.environ.get("KINDRED_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, check, options in CHECKS:
            site = Site(browser, url, shots, **options)
            try:
                check(site)
                assert not site.complaints, site.complaints
                print(f"ok      {name}")
            except Exception as error:  # whatever it is, the other checks go on
                failed += 1
                print(f"FAILED  {name}: {error}")
            site.page.context.close()
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
