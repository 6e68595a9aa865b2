"""The replay lab: what is changed, what it would send and cost, and the one click that starts it."""

import uuid
from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.models import User
from generations.forms.lab import ChangeForm, RequestJsonForm, RunForm
from generations.models import Batch, Generation, Replay, ReplayLimits
from generations.reading.edits import json_patch, patch_summary
from generations.reading.edits.patch_summary import PatchLine
from generations.reading.text import box
from generations.replay import batches
from generations.replay.batches import BatchPlan
from generations.replay.order import (
    model_suggestions,
    ordered_rows,
    orders,
    preflight,
    spending_limits,
    start,
)
from generations.replay.order.orders import Order
from generations.replay.order.preflight import Preflight
from generations.replay.order.pricing import Price, expected
from generations.replay.order.request_edits import ChangeRefused, RequestEdits, patch_for, pretty
from generations.replay.order.shown_plan import ShownPlan
from generations.replay.order.spending_limits import LimitUsages
from generations.replay.prices.price_book import PriceBook
from generations.views.shared.shortcuts import get_generation_or_404

PAGE = "generations/lab/preflight.html"


@dataclass(frozen=True)
class PlanView:
    """What a click would do. What only a page shows is made when it is shown. `seen` is the signed plan that it names."""

    order: Order
    price: Price
    draft: BatchPlan | None
    held: ReplayLimits | None
    user: User
    seen: str

    @cached_property
    def shown(self) -> ShownPlan:
        return self.draft.shown if self.draft else ShownPlan.of([self.order], [self.price])

    @cached_property
    def review(self) -> str:
        """What must be reviewed before the click, "" for nothing; a request as stored may start without a plan."""
        return self.shown.review(self.seen) if self.order.patch or self.draft or self.seen else ""

    @property
    def high(self) -> int | None:
        """The most it may cost, nanos."""
        return self.draft.most if self.draft else self.price.dearest

    @property
    def needs_confirmation(self) -> bool:
        return spending_limits.needs_confirmation(self.held, self.high)

    @cached_property
    def checks(self) -> Preflight:
        return preflight.preflight(self.order, self.price)

    @cached_property
    def lines(self) -> list[PatchLine]:
        """The changes."""
        return _lines(self.order)

    @cached_property
    def variants(self) -> list[list[PatchLine]]:
        """The changes of the batch's other requests."""
        others = self.draft.distinct if self.draft else []
        return [_lines(other) for other in others if other.patch not in ("", self.order.patch)]

    @cached_property
    def limit_usages(self) -> LimitUsages | None:
        """What of the limits is used, where the team has some."""
        team = self.order.generation.team
        return spending_limits.limit_usages(team, self.user, self.held) if self.held else None


def _lines(order: Order) -> list[PatchLine]:
    return patch_summary.lines(order.stored, json_patch.read(order.patch)) if order.patch else []


# --- one generation -----------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def replay_form(request: TeamRequest, slug: str) -> HttpResponse:
    """The pre-flight: what can be changed, what will be sent, where to, with which key, and what it may cost."""
    generation = get_generation_or_404(request, slug)
    try:
        order = _again(request, generation) or _prefilled(request, generation) or orders.order(generation)
        form = _form(request, order)
        shown = _plan(request, order, form, spending_limits.of(request.team))
    except orders.ReplayRefused as refused:
        return render(request, PAGE, {"generation": generation, "refused": str(refused)})
    return render(request, PAGE, _context(request, generation, form, shown))


def _again(request: TeamRequest, generation: Generation) -> Order | None:
    """The order of an earlier replay, with its changes, where the address names one (`again`)."""
    key = request.GET.get("again", "")
    try:
        earlier = Replay.objects.filter(team=request.team, generation=generation, pk=uuid.UUID(key)).first()
    except ValueError:
        return None
    if earlier is None or not earlier.patch or earlier.patch_expired:
        return None
    try:
        return orders.order(generation, patch=earlier.patch)
    except orders.ReplayRefused:  # the stored request is no longer what the changes were made for
        return None


def _prefilled(request: TeamRequest, generation: Generation) -> Order | None:
    """The order with the model and the provider that the address names, where it does and they can be asked for."""
    asked = [
        (name, request.GET[name][:400]) for name in ("model", "provider") if request.GET.get(name, "").strip()
    ]
    if not asked:
        return None
    plain = orders.order(generation)
    try:
        patch = patch_for(plain.parsed, plain.stored, plain.endpoint.wire, RequestEdits(asked))
        return orders.order_from(generation, plain.parsed, plain.record, plain.source, patch)
    except (ChangeRefused, orders.ReplayRefused):
        return plain


def _form(request: TeamRequest, order: Order) -> ChangeForm | RequestJsonForm:
    """The form as the page first shows it."""
    initial: dict[str, object] = {"click": uuid.uuid4()}
    if request.GET.get("edit") != "json":
        form = _change_form(order, None, initial)
        if not order.patch or _expresses(order):
            return form
    return RequestJsonForm(initial={**initial, "whole": pretty(order.body)})


def _change_form(
    order: Order, data: QueryDict | None, initial: dict[str, object] | None = None
) -> ChangeForm:
    body, shown = box(order.before), box(order.content)
    return ChangeForm(data, body=body, shown=shown, wire=order.endpoint.wire, initial=initial)


def _expresses(order: Order) -> bool:
    """Whether the fields can express the whole patch of the order; otherwise it is edited as JSON."""
    form = _change_form(order, QueryDict(f"click={uuid.uuid4()}", mutable=True))
    form.fill_missing()
    if not form.is_valid():
        return False
    try:
        made = patch_for(order.parsed, order.stored, order.endpoint.wire, form.edits())
        return orders.patched(order.stored, made) == order.body
    except (ChangeRefused, orders.ReplayRefused):
        return False


def _plan(request: TeamRequest, order: Order, form: RunForm, held: ReplayLimits | None) -> PlanView:
    """A click waits for no prices, unless those that are kept tell another cost than its page.

    Raises orders.ReplayRefused.
    """
    if request.method == "POST" and "look" not in request.POST and not request.htmx:
        kept = _priced(request, order, form, held, PriceBook())
        if not kept.review:
            return kept
    return _priced(request, order, form, held, price_book(request))


def _priced(
    request: TeamRequest, order: Order, form: RunForm, held: ReplayLimits | None, book: PriceBook
) -> PlanView:
    seen = form.cleaned_data["plan_digest"] if form.is_bound else ""
    return PlanView(order, expected(order, book), _draft(order, form, book), held, request.user, seen)


def price_book(request: TeamRequest) -> PriceBook:
    """The prices of a plan that is shown."""
    return PriceBook(may(request, Right.LOOK_UP))


def _draft(order: Order, form: RunForm, book: PriceBook) -> BatchPlan | None:
    """The batch, where more than one replay is asked for. Raises orders.ReplayRefused when none of it can be."""
    if not form.is_bound or not hasattr(form, "cleaned_data"):
        return None
    if not form.asks_for_many:
        return None
    assert isinstance(form, ChangeForm | RequestJsonForm)
    made = batches.plan_batch(
        [order.generation], form.variants(form.edits()), form.cleaned_data["times"], book
    )
    if not made.orders:
        raise orders.ReplayRefused(made.left_out[0][1])
    return made


def _context(
    request: TeamRequest, generation: Generation, form: RunForm, shown: PlanView | None, note: str = ""
) -> dict[str, object]:
    return {
        "generation": generation,
        "form": form,
        "shown": shown,
        "flight": shown.checks if shown else None,
        "may_replay": may(request, Right.REPLAY),
        "note": note,
    }


@for_team(Right.READ)
@require_POST
def replay_plan(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment that says what the form, as it is now, would send."""
    generation = get_generation_or_404(request, slug)
    try:
        submission = LabSubmission.read(request, orders.order(generation), spending_limits.of(request.team))
    except orders.ReplayRefused as refused:
        return render(request, f"{PAGE}#refusal", {"refused": str(refused)})
    context = _context(request, generation, submission.form, submission.plan)
    return render(request, f"{PAGE}#plan", context)


@dataclass(slots=True)
class LabSubmission:
    """What a click or a change of a field sent: the form, the order that it makes of the stored request, and the plan.

    `plan` is None where something is not possible; the form then says what.
    """

    order: Order
    form: ChangeForm | RequestJsonForm
    plan: PlanView | None = None

    @classmethod
    def read(cls, request: TeamRequest, stored_order: Order, limits: ReplayLimits | None) -> "LabSubmission":
        """What was sent, with the order of the stored request as it is."""
        submission = cls(stored_order, _submitted_form(request.POST.copy(), stored_order))
        if submission.form.is_valid():
            submission._make_plan(request, limits)
        return submission

    def _make_plan(self, request: TeamRequest, limits: ReplayLimits | None) -> None:
        found = self.order
        try:
            patch = patch_for(found.parsed, found.stored, found.endpoint.wire, self.form.edits())
            if patch:
                self.order = orders.order_from(
                    found.generation, found.parsed, found.record, found.source, patch
                )
            self.plan = _plan(request, self.order, self.form, limits)
        except ChangeRefused as refused:
            self.form.refuse(refused)
        except orders.ReplayRefused as refused:
            self.form.add_error(None, str(refused))


def _submitted_form(data: QueryDict, order: Order) -> ChangeForm | RequestJsonForm:
    """The form as sent; a click without the fields of changes (a plain button) changes nothing."""
    if "whole" in data:
        return RequestJsonForm(data)
    form = _change_form(order, data)
    if "v-model" not in data:
        form.fill_missing()
    return form


@for_team(Right.REPLAY)
@require_POST
def start_replay(request: TeamRequest, slug: str) -> HttpResponse:
    """One click, one replay or one batch. A second arrival of the same click goes to the same one.

    Only what the page has shown is sent: changes that were not shown yet are shown now.
    """
    rows = ordered_rows.find(request.team, slug)
    if rows is None:
        raise Http404("No such generation in this team.")
    generation = rows.generation
    try:
        submission = LabSubmission.read(request, orders.clicked(rows), rows.limits)
    except orders.ReplayRefused as refused:
        return render(request, PAGE, {"generation": generation, "refused": str(refused)}, status=409)
    form, shown = submission.form, submission.plan
    if shown is None:
        return render(request, PAGE, _context(request, generation, form, None), status=400)
    if "look" in request.POST:
        return render(request, PAGE, _context(request, generation, form, shown))
    if note := not_yet(form, shown.review, damaged=bool(shown.order.damage), costly=shown.needs_confirmation):
        return render(request, PAGE, _context(request, generation, form, shown, note), status=400)
    try:
        return redirect(_start(request, generation, form, shown))
    except orders.ClickAlreadyUsed as used:
        form.renew_click()
        return render(request, PAGE, _context(request, generation, form, shown, str(used)), status=409)
    except spending_limits.LimitExceeded as exceeded:
        context = _context(request, generation, form, shown, str(exceeded))
        return render(request, PAGE, context, status=409)


def not_yet(form: RunForm, review: str, *, damaged: bool, costly: bool) -> str:
    """What must be reviewed or ticked before it may run, "" for nothing."""
    data = form.cleaned_data
    if review:
        return f"Nothing has been sent yet. Review {review}, then press the button again."
    if damaged and not data["confirm_altered"]:
        return "Nothing has been sent yet. Check the box to send the damaged values as they are."
    if costly and not data["confirm_cost"]:
        return "Nothing has been sent yet. The cost must be confirmed: check the box."
    return ""


def _start(request: TeamRequest, generation: Generation, form: RunForm, shown: PlanView) -> Replay | Batch:
    data = form.cleaned_data
    if shown.draft is None:
        return start.start_replay(shown.order, request.user, data["click"], data["why"], price=shown.price)
    title = f"{generation.request_id}, {len(shown.draft.orders)} times"
    return batches.start_batch(
        request.team, request.user, data["click"], title, shown.draft, data["parallel"], data["why"]
    )


@for_team(Right.READ)
@require_GET
def model_names(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with the gateway's models for this endpoint, for the list under the field; empty without an answer."""
    generation = get_generation_or_404(request, slug)
    names = model_suggestions.models(generation) if may(request, Right.LOOK_UP) else []
    return render(request, "generations/lab/model_names.html", {"names": names})
