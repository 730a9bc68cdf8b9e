# SPDX-License-Identifier: Apache-2.0
import base64
import json
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from faces.templatetags.faces import written_instant
from paraph.domain.validation import services, words
from paraph.domain.validation.report import Report, Signature
from paraph.domain.validation.words import Sentence
from paraph.interfaces.verify import trust
from paraph.interfaces.verify.forms import FileForm
from paraph.kernel import rules

COLOURS = {"valid": "green", "not_valid": "red", "undetermined": "yellow"}


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form, and after a file its answer on the same page. Nothing of the file stays behind."""
    if request.method != "POST":
        return render(request, "verify/start.html", {"form": FileForm(), "megabytes": rules.current().document_megabytes})
    form = FileForm(request.POST, request.FILES)
    content = b""
    if form.is_valid():
        content = form.cleaned_data["file"].read()
    elif _sent(request) <= rules.current().document_megabytes * 1024 * 1024:
        return render(request, "verify/start.html",
                      {"form": form, "megabytes": rules.current().document_megabytes}, status=422)
    else:
        # The file was refused before it reached us: its size is all that is known of it.
        return _answer(request, Report(code="too_large", verdict="undetermined", at=request.caller.at.isoformat(),
                                       sha256="", size=_sent(request)), "")
    told = services.validate(content=content, at=request.caller.at, trust=trust.ours())
    return _answer(request, told, form.cleaned_data["file"].name)


def _sent(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _answer(request: HttpRequest, told: Report, name: str) -> HttpResponse:
    text = json.dumps(told.as_dict(), ensure_ascii=False, indent=1)
    return render(request, "verify/answer.html", {
        "report": told, "name": name, "colour": COLOURS[told.verdict], "form": FileForm(),
        "file": [_sentence(one) for one in words.of_file(told)],
        "signatures": [_shown(one) for one in told.signatures],
        # The file is not kept, so its report is not either: it travels in the page itself.
        "download": base64.b64encode(text.encode()).decode(),
        "digest": grouped(told.sha256),
        "megabytes": rules.current().document_megabytes,
    })


def grouped(digits: str) -> str:
    """A long row of digits in groups of eight, which a narrow page can break."""
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))


def _shown(signature: Signature) -> dict:
    return {
        "told": signature, "colour": COLOURS[signature.verdict], "lead": _sentence(words.lead(signature)),
        "details": [_sentence(one) for one in words.details(signature)],
        "worth": [_sentence(one) for one in words.worth(signature)],
        "serial": grouped(signature.certificate.serial) if signature.certificate else "",
    }


def _sentence(sentence: Sentence) -> str:
    """In the language of the page, with its instants written out."""
    facts = {name: written_instant(datetime.fromisoformat(value)) if name.endswith("_at") else value
             for name, value in sentence.facts.items()}
    return gettext(sentence.text) % facts if facts else gettext(sentence.text)
