"""The field that chooses a person of the directory by name."""

from typing import Any

from core.users.directory import services as directory
from core.web.forms import LookupField


class PersonField(LookupField):
    """A person with an account, whom everyone signed in may find; `data` is the Colleague."""

    def __init__(self, label: Any = "", **options: Any) -> None:
        super().__init__(label, resolve=directory.colleague_named, url="users.look_up", **options)
