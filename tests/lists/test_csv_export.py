"""What a spreadsheet makes of the CSV files: text, and never a formula."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.lists import csv_export
from generations.lists.csv_export import MARK, cell, lines

ROOT = Path(__file__).parents[2]
BEGINNINGS = [*"=+-@\t\r\n", *"＝＋－＠", *"﹦﹢﹣﹫", "\u2212"]
BEFORE = [
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\u200e",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u3164",
    "\ufe0f",
    "\0",
]


@pytest.mark.parametrize("before", BEFORE, ids=ascii)
@pytest.mark.parametrize("beginning", BEGINNINGS, ids=ascii)
def test_no_cell_is_a_formula(before: str, beginning: str) -> None:
    for text in (
        f"{before}{beginning}1+1",
        f"{before}\u200b {beginning}cmd|' /C calc'!A0",
        before + beginning,
    ):
        assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "a=1", "openai/gpt-5", "1-2", "日本＝1", '"=1"', "'=1", "é", "(-1)"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_numbers_and_times_stay_what_they_are() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert [cell(value) for value in (-5, None, True, noon)] == [-5, None, True, "2026-01-01T12:00:00+00:00"]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2
        )
    )
)
def test_a_file_begins_with_the_mark_and_gives_every_cell_back(rows: list[list[str]]) -> None:
    text = "".join(lines(["a", "b"], ([row] for row in rows)))
    assert text.encode().startswith(b"\xef\xbb\xbfa,b\r\n")
    read = list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))
    assert read == [["a", "b"], *([str(cell(value)) for value in row] for row in rows)]


def test_every_csv_is_made_here() -> None:
    """Another file that writes CSV would have to know all of this again."""
    ours = [path for name in ("generations", "dashboard") for path in (ROOT / name).rglob("*.py")]
    writers = [
        path for path in ours if any(word in path.read_text() for word in ("csv.writer", "csv.DictWriter"))
    ]
    assert [path.name for path in writers] == [Path(csv_export.__file__).name]
