"""Topic `campaigns`: what marketing publishes."""

from agreement.content import LibraryAsset, page_address
from events.campaigns import ContentPublished


def content_published(event: ContentPublished) -> LibraryAsset:
    """The asset as cards know it."""
    data = event.data
    url = page_address(data.url)
    return LibraryAsset(data.asset, data.kind, data.title, event.time, url, data.persona, data.stage, data.until)
