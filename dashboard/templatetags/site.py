"""Template tags of every page: icons, state pills and relative times. Built in: templates need no `load`."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zipfile import ZipFile

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard.people import appearance
from dashboard.web.quick_html import fill
from dashboard.web.static_files import BUNDLES, StaticFiles

register = template.Library()

# Our words for what an icon means -> the drawing in the lucide package.
ICONS = {
    "activity": "activity",
    "add": "plus",
    "audio": "volume-2",
    "bad": "circle-x",
    "cancelled": "ban",
    "check": "check",
    "chevron": "chevron-down",
    "clock": "clock",
    "close": "x",
    "copy": "copy",
    "down": "arrow-down",
    "diff": "git-compare",
    "download": "download",
    "edit": "pencil",
    "external": "external-link",
    "file": "file",
    "gateway": "plug",
    "good": "circle-check",
    "help": "circle-question-mark",
    "home": "house",
    "image": "image",
    "info": "info",
    "interrupted": "unplug",
    "json": "braces",
    "key": "key-round",
    "keyboard": "keyboard",
    "link": "link",
    "lock": "lock",
    "menu": "menu",
    "more": "ellipsis",
    "next": "arrow-right",
    "note": "message-square",
    "person": "user",
    "pin": "pin",
    "previous": "arrow-left",
    "queued": "circle-dashed",
    "refresh": "refresh-cw",
    "remove": "trash-2",
    "replay": "rotate-ccw",
    "run": "loader-circle",
    "search": "search",
    "settings": "settings",
    "show": "eye",
    "sign-out": "log-out",
    "stop": "square",
    "tag": "tag",
    "thumbs-down": "thumbs-down",
    "thumbs-up": "thumbs-up",
    "team": "users",
    "tool": "wrench",
    "unknown": "circle-question-mark",
    "up": "arrow-up",
    "video": "film",
    "warn": "triangle-alert",
}
# lucide draws on a grid of 24, so 2.25 there is 1.5 px at 16 px.
SVG = (
    '<svg width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.25" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" class="icon {}">{}</svg>'
)
MARK = (
    '<svg class="icon mark" width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" '
    'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
    '<path d="M4 10a6 6 0 1 1 1.9 4.4"/><path d="M4 16v-4h4"/>'
    '<circle cx="10" cy="10" r="1.6" fill="currentColor" stroke="none"/></svg>'
)

# State -> (kind of pill, icon, word). A state that is not listed is shown as it is, in a neutral pill.
PILLS = {
    "waiting": ("quiet", "clock", "Waiting"),
    "queued": ("quiet", "queued", "Queued"),
    "running": ("run", "run", "Running"),
    "succeeded": ("good", "good", "Succeeded"),
    "failed": ("bad", "bad", "Failed"),
    "cancelled": ("quiet", "cancelled", "Cancelled"),
    "interrupted": ("warn", "interrupted", "Interrupted"),
    "reproduced": ("good", "good", "Reproduced"),
    "empty": ("warn", "warn", "Finished without an answer"),
    "pending": ("run", "clock", "Not recorded yet"),
    "expired": ("quiet", "clock", "Expired"),
    "unknown": ("quiet", "unknown", "Unknown"),
    "paused": ("warn", "clock", "Paused"),
    "done": ("quiet", "check", "Done"),
}

STYLES, MODULE, SCRIPT = (
    '<link rel="stylesheet" href="{}">',
    '<script type="module" src="{}"></script>',
    '<script src="{}" defer></script>',
)

# The level of a Django message -> the kind of notice.
NOTICES = {"success": "good", "warning": "warn", "error": "bad"}

# The length of a unit in seconds, and its name. time.js has the same table.
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "min"))
JUST_NOW = 45
DATES_AFTER = timedelta(days=30)


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """The inline SVG for one of our names, 16 px with 1.5 px strokes; a question mark for a name that is not ours."""
    if name == "mark":
        return mark_safe(MARK)  # noqa: S308  a constant
    known = name if name in ICONS else "unknown"
    return mark_safe(SVG.format(known, drawings()[ICONS[known]]))  # noqa: S308  constants, and a drawing of the package


@cache
def drawings() -> dict[str, str]:
    """What each drawing of ICONS consists of. All at once: the package's own tag opens its archive anew for each (6 ms)."""
    with files("lucide").joinpath("lucide.zip").open("rb") as data, ZipFile(data) as archive:
        found = {name: archive.read(f"{name}.svg").decode() for name in ICONS.values()}
    inside = {name: text.partition(">")[2].rpartition("</svg>")[0] for name, text in found.items()}
    return {name: "".join(map(str.strip, text.splitlines())) for name, text in inside.items()}


@register.simple_tag
def bundle(name: str) -> SafeString:
    """The elements for one of BUNDLES: one for the bundle, or, in development and tests, one for each of its files."""
    names = [name] if isinstance(staticfiles_storage, StaticFiles) else BUNDLES[name]
    return mark_safe("\n".join(map(_element, names)))  # noqa: S308  each made by format_html


def _element(name: str) -> SafeString:
    element = STYLES if name.endswith(".css") else MODULE if name.startswith("js/") else SCRIPT
    return format_html(element, staticfiles_storage.url(name))


@register.simple_tag
def pill(state: str, word: str = "", code: object = "") -> SafeString:
    """A state as colour, icon and word; `word` replaces the word, `code` (an HTTP status) follows it."""
    kind, name, default = PILLS.get(str(state), ("quiet", "unknown", str(state) or "Unknown"))
    tail = "" if code in ("", None) else fill(' <span class="mono">{}</span>', code)
    return fill('<span class="pill {}">{}{}{}</span>', kind, icon(name), word or default, tail)


@register.simple_tag
def look() -> SafeString:
    """The attributes of `<html>` that CSS and scripts read: theme, density, time zone, spelling of numbers."""
    mine = appearance.current()
    thousands, point = appearance.SEPARATORS[mine.numbers]
    return format_html(
        'data-theme="{}" data-density="{}" data-zone="{}" data-thousands="{}" data-point="{}"',
        *(mine.theme, mine.density, "" if mine.zone == appearance.BROWSER else mine.zone, thousands, point),
    )


@register.simple_tag
def color_scheme() -> str:
    """The schemes that a page may have, for the browser before it has read the CSS."""
    theme = appearance.current().theme
    return theme if theme in ("light", "dark") else "light dark"


@register.simple_tag
def at(moment: datetime) -> SafeString:
    """A moment to the minute, `28 Nov, 14:05 UTC`, in the zone of who reads; with script in the browser's."""
    return format_html(
        '<time datetime="{}" title="{}" data-at>{}</time>', _iso(moment), _titled(moment), clock(moment)
    )


def clock(moment: datetime) -> str:
    """`28 Nov, 14:05 UTC`, in the zone of who reads."""
    mine = appearance.current()
    local = mine.local(moment)
    return f"{local.day} {local:%b}, {local:%H:%M} {mine.zone_name}"


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _titled(moment: datetime) -> str:
    """The moment in UTC, and in the zone that somebody chose."""
    mine, utc = appearance.current(), moment.astimezone(UTC)
    shown = f"{utc.replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"
    if mine.tzinfo is UTC:
        return shown
    return f"{shown}\n{mine.local(moment).replace(tzinfo=None).isoformat(' ', 'seconds')} {mine.zone_name}"


@register.simple_tag
def ago(moment: datetime | None, focusable: bool = True) -> SafeString:
    """A time element: relative text, UTC in the tooltip and, with script, the local time next to it."""
    if moment is None:
        return mark_safe('<span class="muted">unknown</span>')
    return fill(
        '<time datetime="{}" title="{}" data-ago{}>{}</time>',
        _iso(moment),
        _titled(moment),
        mark_safe(' tabindex="0"') if focusable else "",
        relative(appearance.current().local(moment), timezone.now()),
    )


@register.simple_tag
def trail(*parts: object) -> SafeString:
    """Where a page stands: the words and address of each page above it, then its own words."""
    above = zip(parts[:-1:2], parts[1::2], strict=True)
    links = format_html_join("", '<li><a href="{1}">{0}</a></li>', above)
    return format_html(
        '<nav class="trail" aria-label="Trail"><ol>{}<li><span aria-current="page">{}</span></li></ol></nav>',
        links,
        parts[-1],
    )


def relative(moment: datetime, now: datetime) -> str:
    """How long ago (or ahead) `moment` is, in words; after 30 days the date."""
    age = now - moment
    seconds = int(abs(age.total_seconds()))
    if seconds < JUST_NOW:
        return "just now"
    if abs(age) > DATES_AFTER:
        return f"{moment.day} {moment:%b} {moment.year:04}"
    length, unit = next((row for row in UNITS if seconds >= row[0]), UNITS[-1])
    # The past is rounded down, the future to the nearest: a link for 7 days must not begin with "in 6 days".
    count = max(1, int(seconds / length + (0.5 if age < timedelta(0) else 0)))
    text = f"{count} {unit}{'s' if count > 1 and unit != 'min' else ''}"
    return f"{text} ago" if age > timedelta(0) else f"in {text}"


@register.filter
def whole_words(text: object) -> SafeString:
    """A text in which a word with a hyphen, like a request ID, goes to the next line whole."""
    words = str(text).split(" ")
    shown = [(format_html('<span class="whole">{}</span>', word) if "-" in word else word,) for word in words]
    return format_html_join(" ", "{}", shown)


@register.filter
def notice_kind(level: str) -> str:
    """The kind of notice (and the name of its icon) for the level of a Django message."""
    return NOTICES.get(level, "info")
