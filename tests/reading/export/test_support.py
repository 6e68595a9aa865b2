"""The text for a ticket."""

from hypothesis import given
from hypothesis import strategies as st

from generations.reading.export import support
from generations.reading.page_types.outline import Verdict

FAILED = Verdict(
    "bad", "Failed", "The model is unknown.", "No provider was asked.", "Yours", "Fix the name.", "No."
)
LINK = "https://retake.test/t/acme/g/G-1"


def test_it_says_what_a_ticket_asks() -> None:
    assert support.summary([("Request ID", "G-1"), ("Model", ""), ("Status", "404")], FAILED, LINK) == (
        "Request ID: G-1\nStatus: 404\nWhat happened: The model is unknown. No provider was asked.\n"
        "Whose fault: Yours\nWhat to do: Fix the name.\nReplay: No.\n"
        f"Link: {LINK}"
    )


def test_a_good_one_is_short() -> None:
    text = support.summary([("Request ID", "G-1")], Verdict("good", "Succeeded"), LINK)
    assert text == f"Request ID: G-1\nWhat happened: Succeeded\nLink: {LINK}"


@given(st.text(), st.text(max_size=2000))
def test_no_value_makes_a_line_of_its_own_or_a_long_one(fact: str, story: str) -> None:
    verdict = Verdict("bad", "Failed", "It failed.", story)
    lines = support.summary([("Model", fact)], verdict, LINK).split("\n")
    assert [line.partition(":")[0] for line in lines if line] == (
        [*(["Model"] if fact.strip() else []), "What happened", "Link"]
    )
    assert max(map(len, lines)) <= support.LONGEST + 20
