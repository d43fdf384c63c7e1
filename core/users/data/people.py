"""The people of the demonstration: who they are, what they may do and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """One demonstration user; the role is granted on the facility and all below it."""

    login: str
    name: str
    role: str
    facility: str
    title: str  # what the person is called at work, shown beside the login
    shown: bool = False  # printed by `make run` as an account to try
    national: tuple[str, ...] = ()  # further roles, for the whole country
    heads: str = ""  # the ward of which the person is the head, where there are rights of staff

    @property
    def email(self) -> str:
        return f"{self.login}@demo.example"


CENTRAL = ("catalogue_manager", "ministry_viewer")
PEOPLE: tuple[Person, ...] = (
    Person("admin", "Espérance Ndayishimiye", "administrator", "BI", "Administratrice nationale", True),
    Person("magasinier", "Jean-Claude Niyonzima", "storekeeper", "CDS-KAYANZA-01", "Magasinier du CDS", True),
    Person("district", "Chantal Irakoze", "district_pharmacist", "DS-KAYANZA", "Pharmacienne de district", True),
    Person("depot", "Emmanuel Hakizimana", "depot_storekeeper", "DD-KAYANZA", "Magasinier du dépôt de district", True),
    Person("hopital", "Béatrice Nduwimana", "stock_manager", "HOP-KAYANZA", "Gestionnaire de stock de l’hôpital", True),
    Person("province", "Dieudonné Bigirimana", "provincial_approver", "BTN", "Approbateur provincial", True),
    Person("ministere", "Sylvie Ntakirutimana", "national_approver", "BI", "Pharmacienne au ministère", True),
    Person("camebu", "Aline Nsengiyumva", "central_pharmacist", "CAMEBU", "Pharmacienne de la CAMEBU", True, CENTRAL),
    Person("auditeur", "Pascal Ntahomvukiye", "auditor", "BI", "Auditeur", True),
    Person("technicien", "Innocent Ndikuriyo", "technician", "HOP-KAYANZA", "Technicien biomédical de l’hôpital", True),
    Person("atelier", "Jeanine Bukuru", "workshop_head", "DS-KAYANZA", "Cheffe de l’atelier de maintenance", True),
    Person(
        "service",
        "Claudette Niyokwizera",
        "ward",
        "HOP-KAYANZA",
        "Infirmière cheffe de service",
        True,
        heads="HOP-KAYANZA-MED",
    ),
    Person("rh", "Gloriose Nizigiyimana", "hr_officer", "DS-KAYANZA", "Gestionnaire des ressources humaines", True),
    Person("agent", "Jean d’Amour N’Duwayo", "agent", "CDS-KAYANZA-01", "Infirmier du CDS", True),
    Person("dise", "Thaddée Ndihokubwayo", "equipment_director", "BI", "Direction des équipements (DISE)", True),
    Person(
        "titulaire", "Spès Nkunzimana", "agent", "CDS-KAYANZA-01", "Infirmière titulaire du CDS", heads="CDS-KAYANZA-01"
    ),
    Person("magasinier2", "Godelieve Ndikumana", "storekeeper", "CDS-KAYANZA-02", "Magasinière du CDS"),
    Person("magasinier3", "Révérien Nahimana", "storekeeper", "CDS-KAYANZA-03", "Magasinier du CDS"),
    Person("magasinier4", "Médiatrice Iradukunda", "storekeeper", "CDS-KAYANZA-04", "Magasinière du CDS"),
    Person("magasinier5", "Audace Manirakiza", "storekeeper", "CDS-KAYANZA-05", "Magasinier du CDS"),
    Person("pharmacie", "Ferdinand Barutwanayo", "storekeeper", "HOP-KAYANZA", "Préparateur en pharmacie"),
    Person("depot2", "Léonidas Nkurunziza", "depot_storekeeper", "DD-KAYANZA", "Magasinier du dépôt de district"),
    Person("camebu2", "Donatienne Kaneza", "central_pharmacist", "CAMEBU", "Préparatrice de commandes", False, CENTRAL),
    Person("ngozi", "Fabrice Ndayizeye", "district_pharmacist", "DS-NGOZI", "Pharmacien de district"),
    Person("gitega", "Yvette Nininahazwe", "district_pharmacist", "DS-GITEGA", "Pharmacienne de district"),
    Person("depot.ngozi", "Salvator Mpawenimana", "depot_storekeeper", "DD-NGOZI", "Magasinier du dépôt de district"),
    Person("gitega.province", "Consolate Habonimana", "provincial_approver", "GTG", "Approbatrice provinciale"),
    Person("dpml", "Anicet Sindayigaya", "auditor", "BI", "Direction de la pharmacie"),
)
