# SPDX-License-Identifier: Apache-2.0
"""The links at the foot of every page."""

from functools import lru_cache

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def links() -> list[dict[str, str]]:
    """In the active language."""
    return _links(get_language())


@lru_cache
def _links(language: str) -> list[dict[str, str]]:
    return [
        {"text": _("Aide et contact"), "href": reverse("public:help")},
        {"text": _("Partenaires"), "href": reverse("public:partners")},
        {"text": _("Bureaux d’enregistrement"), "href": reverse("public:desks")},
        {"text": _("Reconnaître une fraude"), "href": reverse("public:phishing")},
        {"text": _("Conditions"), "href": reverse("public:legal", args=("terms",))},
        {"text": _("Protection des données"), "href": reverse("public:legal", args=("privacy",))},
        {"text": _("Accessibilité"), "href": reverse("public:accessibility")},
        {"text": _("Certificats de l’autorité"), "href": reverse("public:repository")},
    ]
