"""The application, for a WSGI server."""

from core import create_app
from core.upkeep.deploy import refuse_grave

application = create_app()
refuse_grave(application)
