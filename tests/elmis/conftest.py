"""All models of elmis are known before a test module asks for a part of them."""

import plugins.elmis.plugin  # noqa: F401 (its rooms refer to one another by name)
