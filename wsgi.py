"""The application, for a WSGI server."""

import os

from core import create_app
from core.upkeep.deploy import refuse_grave
from core.upkeep.serving import hold_memory

os.umask(0o077)  # what is written here is for this account alone
application = create_app()
refuse_grave(application)
hold_memory()
