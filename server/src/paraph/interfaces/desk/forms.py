# SPDX-License-Identifier: Apache-2.0
from collections.abc import Collection

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from faces.forms import DateField, Form
from paraph.domain.orders.policy.papers import FormCheck
from paraph.domain.proofing.methods import DocumentFacts
from paraph.domain.reference import countries
from paraph.domain.support.policy import Presented
from paraph.interfaces.desk.wording import DOCUMENTS, MATCHED_BY, PAPERS, REFUSALS, VISIT_OUTCOMES

NOBODY = "new"


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when nothing was ticked; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


class PapersForm(Form):
    """The checklist (R023): a box per paper, and what the officer sees on the order form (R003)."""

    marks_optional = False
    complete = forms.BooleanField(label=_("Chaque champ du bon de commande est rempli"), required=False)
    signed = forms.BooleanField(label=_("Le bon de commande est signé"), required=False)
    signed_on = DateField(label=_("Date écrite sur le bon de commande"), required=False)

    def __init__(self, *args: object, papers: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["received"] = forms.MultipleChoiceField(
            label=_("Pièces remises"), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(code, PAPERS[code]) for code in papers])
        self.order_fields(["received"])

    @property
    def check(self) -> FormCheck:
        given = self.cleaned_data
        return FormCheck(complete=given["complete"], signed=given["signed"], signed_on=given["signed_on"])


class IdentifyForm(Form):
    """What stands on the original in the officer's hand, typed from it and not from the order (R017, R022)."""

    type = forms.ChoiceField(label=_("Type du document"), choices=(("", _("Choisissez")), *DOCUMENTS))
    country = forms.ChoiceField(label=_("Pays du document"), choices=())
    number = forms.CharField(label=_("Numéro du document"), max_length=40, widget=forms.TextInput(
        attrs={"autocomplete": "off", "class": "govuk-input--width-20", "spellcheck": "false"}))
    expires_on = DateField(label=_("Valable jusqu’au"))
    family_names = forms.CharField(label=_("Nom de famille sur le document"), max_length=120,
                                   widget=forms.TextInput(attrs={"autocomplete": "off"}))
    given_names = forms.CharField(label=_("Prénoms sur le document"), max_length=120,
                                  widget=forms.TextInput(attrs={"autocomplete": "off"}))
    birth_date = DateField(label=_("Date de naissance sur le document"))
    person_present = forms.BooleanField(
        label=_("La personne est devant moi et ressemble à la photo du document"), required=False)
    document_doubtful = forms.BooleanField(label=_("Le document paraît falsifié"), required=False)

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choisissez")), *countries.choices(language)]

    @property
    def seen(self) -> DocumentFacts:
        given = self.cleaned_data
        return DocumentFacts(**{name: given[name] for name in DocumentFacts.__dataclass_fields__})


class VisitForm(Form):
    sought = forms.CharField(
        label=_("UserID du titulaire, ou numéro de série de son produit"), max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20", "spellcheck": "false"}))


class VisitorForm(IdentifyForm):
    """What stands on the original of somebody whom we know."""

    document_doubtful = None

    @property
    def seen(self) -> Presented:
        given = self.cleaned_data
        return Presented(**{name: given[name] for name in Presented.__dataclass_fields__})


class CloseVisitForm(Form):
    outcome = forms.ChoiceField(label=_("Comment la visite s’est-elle terminée ?"),
                                choices=(("", _("Choisissez")), *VISIT_OUTCOMES))


class ApproveForm(Form):
    """Who this is, where his codes go, which product he is handed; and the officer's own word for it: the code of his Token
    here, or on the next page that of his Scan, which shows him the name first."""

    person = forms.ChoiceField(label=_("Qui est cette personne ?"), widget=forms.RadioSelect, choices=())
    contacts_read_back = forms.BooleanField(label=_("J’ai relu ces coordonnées avec la personne : elles sont justes"),
                                            required=False)
    token_serial = forms.ChoiceField(label=_("Numéro de série du produit remis"), choices=())
    code = forms.CharField(
        label=_("Code de votre propre Token"), max_length=20,
        help_text=_("Avec ce code, vous confirmez qui est cette personne. Il doit être nouveau : celui de votre connexion "
                    "ne sert plus."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-10", "inputmode": "numeric",
                                      "spellcheck": "false"}))

    def __init__(self, *args: object, candidates: list, stock: list, ways: Collection[str], by_scan: bool = False,
                 **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.with_scan = "scan" in ways
        if self.with_scan and "token" not in ways:
            del self.fields["code"]
        elif by_scan:
            self.fields["code"].required = False
        known = [(str(candidate.person.id), _("%(name)s, née ou né le %(birth)s (%(by)s)") % {
            "name": candidate.person.full_name, "birth": candidate.person.born.strftime("%d.%m.%Y"),
            "by": ", ".join(str(MATCHED_BY[by]) for by in candidate.by)}) for candidate in candidates]
        must = any(candidate.must_be_settled for candidate in candidates)
        nobody = [] if must else [(NOBODY, _("Une nouvelle personne, que nous ne connaissons pas encore"))]
        self.fields["person"].choices = [*known, *nobody]
        if not known:
            self.fields["person"].initial = NOBODY
        if must:
            self.fields["person"].help_text = _(
                "Le matricule ou le document est connu : ce ne peut pas être une nouvelle personne. Si ce n’est pas "
                "elle, refusez la commande.")
        self.fields["token_serial"].choices = [("", _("Choisissez")), *((row.serial, row.serial) for row in stock)]

    @property
    def match(self) -> str | None:
        chosen = self.cleaned_data["person"]
        return None if chosen == NOBODY else chosen


class RefuseForm(Form):
    reason = forms.ChoiceField(label=_("Pourquoi refusez-vous ?"), choices=(("", _("Choisissez")), *REFUSALS))
    confirmed = forms.BooleanField(label=_("Je refuse cette commande définitivement"))
