"""Three shops in one browser, each with the SDK of another vendor: they say who is there, then one event after another.

python browser_sender.py SITE URL WRITE_KEY COUNT PAUSE_MS GO CHROMIUM CLIENT...; prints every host that was asked.
The first half of the events begins when the file GO-0 is there, the second half with GO-1.
"""

import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import sync_playwright


def main(site: str, url: str, key: str, count: str, pause: str, go: str, chromium: str, *clients: str) -> None:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        pages = []
        for client in clients:
            page = browser.new_context().new_page()
            page.on("request", lambda request: print("asked", urlsplit(request.url).hostname, flush=True))
            page.on("pageerror", lambda error: print("error", error, flush=True))
            page.goto(f"{site}/?{urlencode({'client': client, 'url': url, 'key': key})}")
            page.wait_for_function("window.begin")
            page.evaluate("() => { window.introduce(); }")
            pages.append(page)
        half = int(count) // 2
        for part in range(2):
            while not Path(f"{go}-{part}").exists():
                pages[0].wait_for_timeout(50)
            for page in pages:
                page.evaluate(f"() => {{ window.begin({part * half}, {(part + 1) * half}, {pause}); }}")
        pages[0].wait_for_timeout(3_600_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
