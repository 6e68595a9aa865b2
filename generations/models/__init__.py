"""Rows, their querysets as vocabulary, their own state changes."""

from generations.models.generation import Fetch, FirstWords, Generation, StoredRecord, Visit
from generations.models.replay import Replay, ReplayAnswer, ReplayPart
from generations.models.saved import SavedFilter

__all__ = [
    "Fetch",
    "FirstWords",
    "Generation",
    "Replay",
    "ReplayAnswer",
    "ReplayPart",
    "SavedFilter",
    "StoredRecord",
    "Visit",
]
