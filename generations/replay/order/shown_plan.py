"""What a page has shown of a plan, signed: its click starts nothing else, and nothing at another cost."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Self

from django.core import signing

from generations.replay.order import orders
from generations.replay.order.orders import Order
from generations.replay.order.pricing import Price

SIGNER = signing.Signer(salt="generations.replay.order.shown_plan")


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """Exactly these orders, the most that they may cost (nanos), and how many of them have no upper price."""

    digest: str
    most: int
    unknown: int

    @classmethod
    def of(cls, ordered: Sequence[Order], prices: Sequence[Price]) -> Self:
        most = unknown = 0
        for price in prices:
            most += price.dearest or 0
            unknown += price.high is None
        return cls(orders.digest(ordered), most, unknown)

    @property
    def signed(self) -> str:
        """For the page's form."""
        return SIGNER.sign(" ".join(map(str, astuple(self))))

    def review(self, signed: str) -> str:
        """What must be reviewed before the click that sent `signed` may start this plan, "" for nothing."""
        try:
            digest, most, unknown = SIGNER.unsign(signed).split(" ")
        except signing.BadSignature:
            return "the changes"
        if digest != self.digest:
            return "the changes"
        is_same = (int(most), int(unknown)) == (self.most, self.unknown)
        return "" if is_same else "the expected cost, which has changed"
