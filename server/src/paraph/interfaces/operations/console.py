# SPDX-License-Identifier: Apache-2.0
"""What every page of the console has: its navigation, who may read and who may decide."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

ADMIN, AUDITOR = "operator_admin", "auditor"
PAGE_SIZE = 50
TITLES = {
    "alarms": _("Alarmes"),
    "approvals": _("Demandes"),
    "waivers": _("Dérogations"),
    "authorities": _("Autorités"),
    "lists": _("Listes de révocation"),
    "responders": _("Répondeurs OCSP"),
    "profiles": _("Types de certificats"),
    "certificates": _("Certificats"),
    "staff": _("Personnel"),
}


@dataclass(frozen=True)
class Persons:
    """What persons are called, by their ids: asked for at once, however many rows name them."""

    people: dict[str, str]

    def who(self, person: str) -> str:
        """The name of a person of this service; an account of the machine or a typed name stays what it is."""
        return self.people.get(person, person)


def paged(request: HttpRequest, rows: QuerySet | list) -> Page:
    """What of the rows is on the page that the address asks for; of another address on the nearest."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def page(
    request: HttpRequest, current: str, *, template: str = "", heading: object = "", status: int = 200, **context: object
) -> HttpResponse:
    navigation = [{"text": title, "href": reverse(f"operations:{name}"), "current": name == current}
                  for name, title in TITLES.items()]
    return render(request, f"operations/{template or current}.html", status=status, context={
        "navigation": navigation, "heading": heading or TITLES[current], "decides": request.caller.has_role(ADMIN),
        **context})
