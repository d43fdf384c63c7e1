"""What papers give to the plugin's hooks."""

from plugins.gmao.papers.views import bp

BLUEPRINTS = [bp]
