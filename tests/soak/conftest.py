"""What drives the browsers of all long runs: one for the run, since a second one beside it is refused."""

from tests.browser.conftest import chrome, house, page, playwright, products

__all__ = ["chrome", "house", "page", "playwright", "products"]
