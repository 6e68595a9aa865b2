"""The output items of a responses stream while they are assembled, identified by index, ID or arrival."""

from typing import Any

from generations.gateway.streams import tolerant
from generations.gateway.streams.body_builder import Body
from generations.gateway.streams.call_identity import Arguments
from generations.gateway.streams.partial_values import Draft, is_empty, overlaid

__all__ = ["Item", "Items"]

_LISTS = ("content", "summary")


class Item:
    """One item of `output`. Its `content` and `summary` are kept by index until the end."""

    def __init__(self, index: int | None, kind: str) -> None:
        self.index = index
        self.draft: dict[str, Draft] = {"type": kind} if kind else {}
        self.begun = False  # an event held the item itself
        self.partial: dict[str, Draft] | None = None
        self._parts: dict[str, dict[int, dict[str, dict[str, Draft]]]] = {}
        self._latest: dict[str, int] = {}

    @property
    def kind(self) -> str:
        return tolerant.text(self.draft.get("type"))

    def lay(self, fields: dict[str, Any], body: Body) -> None:
        """The item itself over what is there."""
        for key, member in fields.items():
            if key in _LISTS and isinstance(member, list):
                self._open(key)
                for at, part in enumerate(member):
                    self._lay_part(key, at, part, body)
            else:
                self.draft[key] = overlaid(self.draft.get(key), member, body.lost, key)

    def _lay_part(self, key: str, at: int, part: Draft, body: Body) -> None:
        if not isinstance(part, dict):
            part = {"type": "output_text" if key == "content" else "summary_text", "text": part}
        overlaid(self.part(key, at, tolerant.text(part.get("type"))), part, body.lost)

    def _open(self, key: str) -> dict[int, dict[str, dict[str, Draft]]]:
        if key not in self._parts:
            held = self.draft.get(key)
            self._parts[key] = {}
            self.draft[key] = []  # keeps their position
            if isinstance(held, str) and held:
                self._parts[key][0] = {"output_text": {"type": "output_text", "text": held}}
        return self._parts[key]

    def part(self, key: str, index: int | None, kind: str) -> dict[str, Draft]:
        """The part of this index and type; a new one where the part at the index has another type."""
        index = self._latest.get(key, 0) if index is None else index
        self._latest[key] = index
        kinds = self._open(key).setdefault(index, {})
        if not kind and kinds:
            return next(reversed(kinds.values()))
        if kind and kind not in kinds:
            kinds[kind] = kinds.pop("", {}) | {"type": kind}
        return kinds.setdefault(kind, {})

    def finish(self) -> None:
        for key, held in self._parts.items():
            self.draft[key] = [part for index in sorted(held) for part in held[index].values()]
        if self.partial is not None and is_empty(self.draft.get("result")):
            self.draft["result"] = self.partial["partial_image_b64"]

    def arguments(self, member: str) -> Arguments:
        held = self.draft.get(member)
        if not isinstance(held, Arguments):
            held = self.draft[member] = Arguments(held if isinstance(held, str) else "")
        return held


class Items:
    """All items. In this order: another index is another item; the same index and another ID is a new one;
    without an index the ID decides, without both the last item of the event's type."""

    def __init__(self, body: Body) -> None:
        self.last_rest: dict[str, Draft] = {}
        self._body = body
        self._all: list[Item] = []
        self._latest: dict[int | None, Item] = {}
        self._by_id: dict[tuple[int | None, str], Item] = {}

    def find(self, value: dict[str, Any], kind: str) -> Item:
        """The item that an event belongs to; a new one of type `kind` if there is none yet."""
        index, item_id = tolerant.position(value.get("output_index")), tolerant.text(value.get("item_id"))
        item = self._known(index, item_id)
        if item is None or (item.kind and item.kind != kind and not item.begun):
            item = self._new(index, kind)
        if item_id and not item.draft.get("id"):
            item.draft["id"] = item_id
        self._note(item, index, item_id)
        return item

    def whole(self, value: dict[str, Any], fields: dict[str, Any], *, done: bool) -> None:
        """`output_item.added` and `.done`: the item itself, at its beginning and as it became."""
        index = tolerant.position(value.get("output_index"))
        item_id = tolerant.text(fields.get("id")) or tolerant.text(value.get("item_id"))
        call_id, kind = tolerant.text(fields.get("call_id")), tolerant.text(fields.get("type"))
        item = self._known(index, item_id) if item_id or index is not None else None
        item = item or (self._by_id.get((index, call_id)) if call_id else None)
        if item is None and done:
            item = self._finishing(index, fields)
        if item is None or (item.kind and kind and item.kind != kind) or self._begins(item, fields, done):
            item = self._new(index, kind)
        item.begun = True
        item.lay(fields, self._body)
        self._note(item, index, item_id)
        self._note(item, index, call_id)

    def _begins(self, item: Item, fields: dict[str, Any], done: bool) -> bool:
        """Whether `added` begins another item although its marks are the ones of this."""
        return not done and item.begun and not (fields.get("id") and fields.get("id") == item.draft.get("id"))

    def _finishing(self, index: int | None, fields: dict[str, Any]) -> Item | None:
        """The item that a `done` without known marks ends: the last one at its index, if it is of its type and
        no other call."""
        item = self._latest.get(index)
        if item is None or item.kind != fields.get("type"):
            return None
        for key in ("call_id", "name"):
            if not is_empty(item.draft.get(key)) and item.draft.get(key) != fields.get(key, item.draft[key]):
                return None
        return item

    def _known(self, index: int | None, item_id: str) -> Item | None:
        latest = self._latest.get(index)
        if not item_id:
            return latest
        found = self._by_id.get((index, item_id))
        if found is None and index is None:
            found = self._by_id.get((None, item_id))
        if found is None and latest is not None and not latest.draft.get("id"):
            return latest
        return found

    def _new(self, index: int | None, kind: str) -> Item:
        item = Item(index, kind)
        self._all.append(item)
        return item

    def _note(self, item: Item, index: int | None, item_id: str) -> None:
        self._latest[index] = self._latest[None] = item
        if item_id:
            self._by_id[index, item_id] = self._by_id[None, item_id] = item

    def finished(self) -> list[Item]:
        """The items in the order of their indexes; those without one follow the one before them."""
        last = 0
        places: list[tuple[int, int, Item]] = []
        for at, item in enumerate(self._all):
            last = last if item.index is None else item.index
            places.append((last, at, item))
            item.finish()
        return [item for _, _, item in sorted(places, key=lambda place: place[:2])]
