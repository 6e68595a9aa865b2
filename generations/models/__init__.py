"""Rows, their querysets as vocabulary, their own state changes."""

from generations.models.batch import Batch
from generations.models.bulk_lookup import BulkLookup
from generations.models.feedback import Feedback
from generations.models.forgetting import Forgetting
from generations.models.generation import Fetch, FirstWords, Generation, Visit
from generations.models.limits import ReplayLimits
from generations.models.pasted_answer import PastedAnswer
from generations.models.pin import Pin
from generations.models.replay import Replay, ReplayAnswer, ReplayPart
from generations.models.replay_mark import ReplayMark
from generations.models.saved_filter import SavedFilter, SavedLogFilter
from generations.models.stored_record import RecordChunk, StoredRecord
from generations.models.trend_day import TrendDay
from generations.models.usual_figures import UsualCount, UsualFigures

__all__ = [
    "Batch",
    "BulkLookup",
    "Feedback",
    "Fetch",
    "FirstWords",
    "Forgetting",
    "Generation",
    "PastedAnswer",
    "Pin",
    "RecordChunk",
    "Replay",
    "ReplayAnswer",
    "ReplayLimits",
    "ReplayMark",
    "ReplayPart",
    "SavedFilter",
    "SavedLogFilter",
    "StoredRecord",
    "TrendDay",
    "UsualCount",
    "UsualFigures",
    "Visit",
]
