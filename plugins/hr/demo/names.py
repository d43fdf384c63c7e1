"""Invented names of people: Burundian and other ones, with accents, hyphens and apostrophes."""

import random

SURNAMES = (
    "Ndayishimiye", "Niyonkuru", "Nkurunziza", "Bigirimana", "Hakizimana", "Ndayizeye", "Irakoze", "Nduwimana",
    "Nsabimana", "Habonimana", "Manirakiza", "Barutwanayo", "Kaneza", "Mpawenimana", "Sindayigaya", "Ndikumana",
    "Nahimana", "Iradukunda", "Nshimirimana", "Ndihokubwayo", "Bukuru", "Niyokwizera", "Gahungu", "Ntakirutimana",
    "Bizimana", "Harerimana", "Ciza", "Nzeyimana", "Havyarimana", "Ntirampeba", "Nijimbere", "Bankuwiha", "Sinzinkayo",
    "Ndereyimana", "Muhimpundu", "Kwizera", "Mbonimpa", "Nibigira", "Kamariza", "Inamahoro", "Ngendakumana",
    "Ntibazonkiza", "Ruvakubusa", "Girukwishaka", "Nininahazwe", "Hatungimana", "Ndabahagamye", "Sabushimike",
    "Ntunzwenimana", "Rurakengereza", "Mvuyekure", "Bangirinama", "Kabura", "Nyandwi", "Minani", "Buhungu",
    "N’Dayiragije", "D’Almeida-Ndayi", "Müller-Nzisabira", "O’Brien Kana", "Núñez Gakiza", "Łukasik",
)  # fmt: skip
WOMEN = (
    "Élise", "Marie-Rose", "Béatrice", "Générose", "Espérance", "Noëlla", "Médiatrice", "Jeanne d’Arc", "Consolate",
    "Godelieve", "Françoise", "Anne-Marie", "Chantal", "Odette", "Yvette", "Aline", "Goreth", "Spès", "Révocate",
    "Inès", "Daphrose", "Immaculée", "Scholastique", "Ève", "Clémence",
)  # fmt: skip
MEN = (
    "Jean-Claude", "Désiré", "Évariste", "Aimé", "Dieudonné", "Pascal", "Léonidas", "Jean-Marie", "Thaddée", "Révérien",
    "Célestin", "Égide", "Bède", "Gérard", "Innocent", "Fabrice", "Audace", "Anicet", "Salvator", "Jean de Dieu",
    "Mélance", "Félix", "Rénovat", "Zéphyrin", "Côme",
)  # fmt: skip


def drawn(draw: random.Random) -> tuple[str, str, str]:
    """Return (surname, given names, sex) of somebody who does not exist."""
    sex = "F" if draw.random() < 0.52 else "M"
    given = draw.choice(WOMEN if sex == "F" else MEN)
    if draw.random() < 0.15:
        given = f"{given} {draw.choice(WOMEN if sex == 'F' else MEN)}"
    return draw.choice(SURNAMES), given, sex
