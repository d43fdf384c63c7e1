"""The application, for a WSGI server."""

from core import create_app

application = create_app()
