"""What the spool holds of a replay: checkpoints in order, and how its stream ended once it has."""

import json
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from dashboard.processes.spool import SpoolDamaged, SpoolFile
from generations.models import ReplayPart
from generations.replay.live.log import Checkpoint
from generations.replay.worker.ending import Ending


@dataclass(frozen=True, slots=True)
class SpoolPart:
    """A checkpoint as a row has it; `entries` is JSON."""

    first_seq: int
    last_seq: int
    entries: str
    wire: bytes

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "SpoolPart":
        entries = checkpoint.entries
        stored = json.dumps([[entry.seq, entry.kind, entry.text] for entry in entries])
        return cls(entries[0].seq, entries[-1].seq, stored, checkpoint.wire)

    def row(self, replay_id: UUID) -> ReplayPart:
        return ReplayPart(
            replay_id=replay_id,
            first_seq=self.first_seq,
            last_seq=self.last_seq,
            entries=self.entries,
            wire=self.wire,
        )


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose answer a file holds: the replay and the claim of the worker that received it."""

    replay_id: UUID
    claim: UUID


def create(owner: Owner) -> SpoolFile:
    """The file of a replay. Raises SpoolUnusable."""
    return SpoolFile.create(f"{owner.replay_id}_{owner.claim}")


def put_part(file: SpoolFile, owner: Owner, part: SpoolPart) -> bool:
    """Append a checkpoint. False when the spool has no room."""
    fields = {"first_seq": part.first_seq, "last_seq": part.last_seq, "entries": part.entries}
    return file.put(_piece(owner, {"part": fields}, part.wire))


def put_ending(file: SpoolFile, owner: Owner, ending: Ending) -> bool:
    """Append how the stream ended. False when the spool has no room."""
    return file.put(_piece(owner, {"ending": ending.dump()}, b""), lasting=True)


def _piece(owner: Owner, content: dict[str, Any], wire: bytes) -> bytes:
    whose = {name: str(value) for name, value in asdict(owner).items()}
    return json.dumps({**whose, **content}).encode() + b"\n" + wire


def read(piece: bytes) -> tuple[Owner, SpoolPart | Ending]:
    """One piece of a file. Raises SpoolDamaged."""
    head, _, wire = piece.partition(b"\n")
    try:
        content = json.loads(head)
        owner = Owner(UUID(content["replay_id"]), UUID(content["claim"]))
        if "ending" in content:
            return owner, Ending.load(content["ending"])
        return owner, SpoolPart(**content["part"], wire=wire)
    except (ValueError, KeyError, TypeError):
        raise SpoolDamaged("It was written by another version of Retake.") from None
