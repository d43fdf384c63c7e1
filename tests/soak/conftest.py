"""All models are known before a long run asks for a part of them, and one driver of browsers serves all of them."""

import plugins.elmis.plugin  # noqa: F401 (its rooms refer to one another by name)
from tests.browser.conftest import chrome, house, page, playwright, products  # a second driver is refused

__all__ = ["chrome", "house", "page", "playwright", "products"]
