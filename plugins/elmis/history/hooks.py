"""What the past that comes in gives to the plugin's hooks."""

from plugins.elmis.history.importer import MOVEMENTS

IMPORTERS = {"elmis.movement": MOVEMENTS}
