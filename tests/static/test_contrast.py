"""Text stands out by 4.5:1 or more from what is behind it, controls by 3:1, in both schemes.

Computed from the tokens in the style sheet, as WCAG 2.2 defines contrast.
"""

import re
from math import cos, radians, sin
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
TOKEN = re.compile(r"--([a-z0-9-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\);")
TEXT, CONTROL = 4.5, 3.0

SURFACES = ("paper", "sheet", "well", "raised")
STATES = ("good", "bad", "warn", "run")
WASHES = tuple(f"{state}-wash" for state in STATES)
TEXTS = (
    [(ink, surface) for ink in ("ink", "ink-2", "ink-3", "accent", *STATES) for surface in SURFACES]
    + [(state, f"{state}-wash") for state in STATES]
    + [(ink, wash) for ink in ("ink", "ink-2") for wash in (*WASHES, "accent-wash")]
    + [("accent", wash) for wash in (*WASHES, "accent-wash")]
    + [("accent-hover", surface) for surface in SURFACES]
    + [("accent-ink", "accent"), ("accent-ink", "accent-hover"), ("paper", "ink")]
)
CONTROLS = [("edge", "sheet"), ("edge", "paper"), ("accent", "sheet"), ("accent", "paper"), ("bad", "paper")]


def tokens() -> dict[str, tuple[str, str]]:
    """Colour tokens: name -> oklch numbers for the light and the dark scheme."""
    return {name: (light, dark) for name, light, dark in TOKEN.findall((CSS / "foundation.css").read_text())}


def linear_rgb(colour: str) -> tuple[float, ...]:
    """`48% 0.19 268` (lightness, chroma, hue in degrees) as linear sRGB, cut to the gamut.

    The matrices are those that define OKLab.
    """
    lightness, chroma, hue = (float(part.rstrip("%")) for part in colour.split())
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    base = lightness / 100
    long = (base + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (base - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (base - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return tuple(min(max(channel, 0.0), 1.0) for channel in channels)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it, 0 to 1."""
    red, green, blue = linear_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, other: str) -> float:
    """WCAG contrast ratio of two oklch colours, 1 to 21."""
    low, high = sorted((luminance(ink), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def too_faint(pairs: list[tuple[str, str]], scheme: int, least: float) -> list[str]:
    """The pairs under `least`, with their ratio."""
    known = tokens()
    ratios = [(pair, contrast(known[pair[0]][scheme], known[pair[1]][scheme])) for pair in pairs]
    return [f"{front} on {back}: {ratio:.2f}" for (front, back), ratio in ratios if ratio < least]


def test_contrast_of_known_colours() -> None:
    assert round(contrast("100% 0 0", "0% 0 0"), 2) == 21.0
    assert round(contrast("62.8% 0.2577 29.23", "100% 0 0"), 1) == 4.0


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read(scheme: int) -> None:
    assert too_faint(TEXTS, scheme, TEXT) == []


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_controls_can_be_seen(scheme: int) -> None:
    assert too_faint(CONTROLS, scheme, CONTROL) == []


def test_every_colour_is_a_token() -> None:
    strays = {
        path.name: re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s,)])|rgba?\([^)]*\)|hsla?\([^)]*\)", path.read_text())
        for path in sorted(CSS.glob("*.css"))
    }
    assert strays == {path.name: [] for path in sorted(CSS.glob("*.css"))}
