"""Paste the answer that the gateway did not keep: the form, what it stores, and its removal."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import Right, TeamRequest, for_team
from generations.models import Generation, PastedAnswer
from generations.reading.answer import pasted
from generations.reading.figures import formatting
from generations.records import forgetting, pasted_answers
from generations.views.generation.page_data import page_data_of
from generations.views.shared import undo
from generations.views.shared.shortcuts import get_generation_or_404

BODY_LIMIT = pasted.LIMIT + 64 * 1024  # bytes of the whole form
TOO_LARGE = (
    "What you pasted has more than 2 MB. Nothing was stored. Go back, where your browser still has it, and paste the part "
    "that matters."
)


class PasteForm(forms.Form):
    """What somebody pastes. Browsers send line breaks as CRLF, so they become LF again."""

    answer = forms.CharField(
        label="The answer",
        strip=False,
        help_text=(
            "Its text, the JSON body, or the whole stream as it was logged (data: lines). At most 2 MB. Keys and tokens "
            "in it are replaced before it is stored."
        ),
        error_messages={"required": "Nothing was pasted."},
        widget=forms.Textarea(
            attrs={
                "rows": 18,
                "class": "mono",
                "spellcheck": "false",
                "autocomplete": "off",
                "autofocus": True,
            }
        ),
    )
    as_text = forms.BooleanField(
        label="Treat it as plain text, even if it looks like JSON",
        required=False,
    )

    def clean_answer(self) -> str:
        return str(self.cleaned_data["answer"]).replace("\r\n", "\n")


@csrf_exempt  # `_answer` is protected: what is too large is refused before the check would read it
@for_team(Right.PASTE)
@require_http_methods(["GET", "HEAD", "POST"])
def paste_answer(request: TeamRequest, slug: str) -> HttpResponse:
    """GET: the form. POST: store what was pasted, in the place of what was pasted before."""
    if request.method == "POST" and _length(request) > BODY_LIMIT:
        form = PasteForm({})
        form.errors.clear()
        form.add_error(None, TOO_LARGE)
        return _page(request, get_generation_or_404(request, slug), form, status=413)
    return _answer(request, slug)


def _length(request: TeamRequest) -> int:
    header = request.META.get("CONTENT_LENGTH") or ""
    return int(header) if header.isdecimal() and len(header) < 19 else 0


@csrf_protect
def _answer(request: TeamRequest, slug: str) -> HttpResponse:
    data = page_data_of(request.team, slug)
    refusal = pasted_answers.refusal(data.row, data.outline)
    if refusal:
        return _page(
            request, data.row, None, refusal=refusal, status=409 if request.method == "POST" else 200
        )
    form = PasteForm(request.POST) if request.method == "POST" else PasteForm()
    if not form.is_bound:
        return _page(request, data.row, form)
    made = _kept(request, data.row, form) if form.is_valid() else None
    if made is None:
        return _page(request, data.row, form, status=400)
    messages.success(request, _said(made))
    return redirect(data.base)


def _kept(request: TeamRequest, row: Generation, form: PasteForm) -> PastedAnswer | None:
    answer, as_text = form.cleaned_data["answer"], form.cleaned_data["as_text"]
    try:
        return pasted_answers.keep(row, request.user, answer, as_text=as_text)
    except pasted.PasteRefused as refused:
        form.add_error("answer", str(refused))
    return None


KINDS = {"text": "as plain text", "body": "as a JSON body", "stream": "as a stream, put together"}


def _said(made: PastedAnswer) -> str:
    """What was stored, and what was replaced in it."""
    text = f"The pasted answer is stored, taken {KINDS[made.kind]}."
    if not made.removed:
        return text
    return f"{text} {formatting.plural(made.removed, 'credential')} in it {'was' if made.removed == 1 else 'were'} replaced."


def _page(
    request: TeamRequest, row: Generation, form: PasteForm | None, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    before = PastedAnswer.objects.of(request.team).filter(generation=row).first()
    context = {
        "generation": row,
        "base": row.get_absolute_url(),
        "form": form,
        "before": before,
        "refusal": refusal,
    }
    return render(request, "generations/generation/paste.html", context, status=status)


@for_team(Right.PASTE)
@require_POST
def remove_answer(request: TeamRequest, slug: str) -> HttpResponse:
    """Remove what was pasted."""
    row = get_generation_or_404(request, slug)
    click = forgetting.hide_pasted(row, request.user)
    if click is not None:
        undo.offer_forgetting(request, "The pasted answer was removed.", click)
    return redirect(row.get_absolute_url())
