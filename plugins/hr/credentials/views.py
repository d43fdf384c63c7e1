"""The pages of licences and qualifications."""

from flask import Blueprint

from core.nouns.pages import pages
from plugins.hr.credentials.tables import LicenceTable, QualificationTable

licences = Blueprint("hr_licences", __name__, template_folder="../templates", url_prefix="/hr/licences")
qualifications = Blueprint("hr_qualifications", __name__, url_prefix="/hr/qualifications")
pages(licences, LicenceTable)
pages(qualifications, QualificationTable)
