"""Ring cadences by country, as in the `indications.conf` that comes with Asterisk."""

from datetime import timedelta

from app.acd.rings import Cadence

_MILLISECONDS = {
    "at": (1000, 5000),
    "au": (400, 200, 400, 2000),
    "be": (1000, 3000),
    "bg": (1000, 4000),
    "br": (1000, 4000),
    "ch": (1000, 4000),
    "cl": (1000, 3000),
    "cn": (1000, 4000),
    "cz": (1000, 4000),
    "de": (1000, 4000),
    "dk": (1000, 4000),
    "ee": (1000, 4000),
    "es": (1500, 3000),
    "fi": (1000, 4000),
    "fr": (1500, 3500),
    "gb": (400, 200, 400, 2000),
    "gr": (1000, 4000),
    "hu": (1250, 3750),
    "id": (1000, 4000),
    "il": (1000, 3000),
    "in": (400, 200, 400, 2000),
    "it": (1000, 4000),
    "jp": (1000, 2000),
    "lt": (1000, 4000),
    "mx": (2000, 4000),
    "my": (2000, 4000),
    "nl": (1000, 4000),
    "no": (1000, 4000),
    "nz": (400, 200, 400, 2000),
    "ph": (1000, 4000),
    "pl": (1000, 4000),
    "pt": (1000, 5000),
    "ru": (1000, 4000),
    "se": (1000, 5000),
    "sg": (400, 200, 400, 2000),
    "th": (1000, 4000),
    "tw": (1000, 4000),
    "us": (2000, 4000),
    "ve": (1000, 4000),
    "za": (400, 200, 400, 2000),
}

CADENCES = {
    country: Cadence(country, tuple(timedelta(milliseconds=part) for part in pattern))
    for country, pattern in _MILLISECONDS.items()
}
"""The cadences a site can name by its country (ISO 3166 code in small letters)."""
