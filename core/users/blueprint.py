"""The pages of the users, of all rooms: one blueprint."""

from flask import Blueprint

bp = Blueprint("users", __name__)
