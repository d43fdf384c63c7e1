"""The pages of types and models."""

from flask import Blueprint

from core.contract.words import _
from core.nouns.pages import pages
from plugins.gmao.catalogue.tables import ModelTable, TypeTable
from plugins.gmao.catalogue.verbs import ADD_MODEL, ADD_TYPE

types = Blueprint("gmao_types", __name__, url_prefix="/gmao/types")
models = Blueprint("gmao_models", __name__, url_prefix="/gmao/models")
pages(types, TypeTable, ADD_TYPE, _("The nomenclature: what kinds of equipment there are, whoever makes them."))
pages(models, ModelTable, ADD_MODEL)
