"""Rows, their querysets as vocabulary, their own state changes."""

from generations.models.generation import Fetch, Generation, StoredRecord, Visit
from generations.models.replay import Replay, ReplayAnswer, ReplayPart

__all__ = ["Fetch", "Generation", "Replay", "ReplayAnswer", "ReplayPart", "StoredRecord", "Visit"]
