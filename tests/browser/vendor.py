"""The vendor's CDN, from which Aliplayer loads its parts: here they come from its npm package."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Route

from tests.browser.site import MODULES

BUILD = (MODULES / "aliyun-aliplayer" / "build").resolve()
CDN = "https://g.alicdn.com/"
PARTS = {
    f"{CDN}apsara-media-box/imp-web-player/2.37.7/": BUILD,
    f"{CDN}apsara-media-components/amcom-web-license/": BUILD / "license",
}
"""Where the CDN has the folders of the package. The check of the licence is the vendor's own."""


def serve_vendor(context: BrowserContext) -> None:
    """Answer requests to the CDN."""

    def answer(route: Route) -> None:
        url = route.request.url.partition("?")[0]
        for prefix, folder in PARTS.items():
            path = (folder / url.removeprefix(prefix)).resolve()
            if url.startswith(prefix) and BUILD in path.parents and path.is_file():
                route.fulfill(path=path, headers={"Access-Control-Allow-Origin": "*"})
                return
        route.abort()

    context.route(f"{CDN}**", answer)
