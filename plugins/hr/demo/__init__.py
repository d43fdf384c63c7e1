"""The demonstration of the workforce: posts, the people who hold them, their careers, and the files of the accounts."""

from plugins.hr.demo import accounts, staff


def load(size: str) -> None:
    """Insert the posts and people of the district or the country, and a file for each account."""
    if staff.is_empty():
        accounts.load()
        staff.load(size)
