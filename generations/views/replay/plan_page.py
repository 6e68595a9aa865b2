"""The page of a planned batch: what it would send and cost, and the one click that starts it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashboard.access import TeamRequest
from generations.forms.lab import RunForm
from generations.replay import batches
from generations.replay.batches import BatchPlan
from generations.replay.order import orders, spending_limits
from generations.replay.prices.price_book import PriceBook
from generations.views.replay.lab import not_yet, price_book


def planned(request: TeamRequest, make: Callable[[PriceBook], BatchPlan], *, is_click: bool) -> BatchPlan:
    """A click waits for no prices, unless those that are kept tell another cost than its page."""
    if not is_click:
        return make(price_book(request))
    kept = make(PriceBook())
    if not kept.shown.review(request.POST.get("plan_digest", "")):
        return kept
    return batches.priced(kept.orders, kept.left_out, price_book(request))


@dataclass(frozen=True)
class PlanPage:
    """A plan on its page; `context` is what the template needs besides the plan."""

    request: TeamRequest
    template: str
    form: RunForm
    plan: BatchPlan
    context: Mapping[str, object]

    @cached_property
    def needs_confirmation(self) -> bool:
        return spending_limits.needs_confirmation(spending_limits.of(self.request.team), self.plan.most)

    def show(self, note: str = "", status: int = 200) -> HttpResponse:
        context = {
            **self.context,
            "draft": self.plan,
            "digest": self.plan.shown.signed,
            "needs_confirmation": self.needs_confirmation,
            "note": note,
        }
        return render(self.request, self.template, context, status=status)

    def start(self, title: str) -> HttpResponse:
        """Start the batch of the valid form and lead to it, or show what must be looked at first."""
        data = self.form.cleaned_data
        if note := self._refusal():
            return self.show(note, 400)
        try:
            started = batches.start_batch(
                self.request.team,
                self.request.user,
                data["click"],
                title,
                self.plan,
                data["parallel"],
                data["why"],
            )
        except orders.ClickAlreadyUsed as used:
            self.form.renew_click()
            return self.show(str(used), 409)
        except spending_limits.LimitExceeded as exceeded:
            return self.show(str(exceeded), 409)
        return redirect(started)

    def _refusal(self) -> str:
        if not self.plan.orders:
            return "None of these can be replayed."
        return not_yet(
            self.form,
            self.plan.shown.review(self.form.cleaned_data["plan_digest"]),
            damaged=bool(self.plan.damaged),
            costly=self.needs_confirmation,
        )
