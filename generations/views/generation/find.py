"""Find inside a stored record: the form, and what it found."""

from dataclasses import dataclass
from urllib.parse import quote

from django import forms
from django.http import QueryDict

from generations.models import Generation
from generations.reading.explorer import search
from generations.reading.explorer.search import Matches
from generations.reading.large.index import LocatedValue
from generations.reading.page_types.outline import Outline

WHERE = {"record": "Record", "request": "Request", "answer": "Answer"}


class FindForm(forms.Form):
    """What is looked for, and in which part of the record."""

    find = forms.CharField(max_length=search.LONGEST, required=False, strip=False, label="Find")
    where = forms.ChoiceField(choices=list(WHERE.items()), required=False, label="in")


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit with its pointer ready for an address."""

    hit: search.Hit

    @property
    def query(self) -> str:
        return quote(self.hit.at, safe="")


def finding(asked: QueryDict, row: Generation, outline: Outline) -> dict[str, object]:
    """The context of `find.html`. The record is read only when there is something to look for."""
    form = FindForm(asked) if "find" in asked else FindForm(initial={"where": "record"})
    ways = {"record": "", "request": outline.request.at, "answer": outline.answer.at}
    offered = [(name, title) for name, title in WHERE.items() if name == "record" or ways[name]]
    context: dict[str, object] = {"form": form, "offered": offered, "chosen": "record", "text": ""}
    if not form.is_bound or not form.is_valid() or not form.cleaned_data["find"]:
        return context
    where = form.cleaned_data["where"] or "record"
    text = form.cleaned_data["find"]
    return {
        **context,
        "chosen": where,
        "text": text,
        "shown_limit": search.SHOWN,
        **_found(row, ways[where], text),
    }


def finding_in(asked: QueryDict, value: LocatedValue) -> dict[str, object]:
    """The same in one value by itself, the answer of a replay."""
    form = FindForm(asked) if "find" in asked else FindForm()
    context: dict[str, object] = {
        "form": form,
        "offered": [("answer", "Answer")],
        "chosen": "answer",
        "text": "",
    }
    if not form.is_bound or not form.is_valid() or not form.cleaned_data["find"]:
        return context
    found = search.find_in(value, form.cleaned_data["find"])
    hits = [ShownHit(hit) for hit in found.hits]
    matches = {"text": form.cleaned_data["find"], "shown_limit": search.SHOWN, "found": found, "hits": hits}
    return {**context, **matches}


def _found(row: Generation, at: str, text: str) -> dict[str, object]:
    record = row.records.best_first().defer("outline").first()
    value = record.value(at) if record else None
    found = search.find_in(value, text, base=at) if value is not None else Matches([], 0, 0)
    return {"found": found, "hits": [ShownHit(hit) for hit in found.hits]}
