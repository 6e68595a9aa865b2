// Keeps relative times (<time data-ago>) fresh and puts UTC and the local time into their tooltips; moments (<time data-at>) are
// written in the local zone. That is the browser's, unless the person prefers another one: then the server has written it already.
// The words are those of the template tags `ago` and `at`.

const UNITS = [[86400, "day"], [3600, "hour"], [60, "min"]];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const JUST_NOW = 45;
const DATES_AFTER = 30 * 86400;
const CHOSEN = document.documentElement.dataset.zone;
const ZONE = CHOSEN || Intl.DateTimeFormat().resolvedOptions().timeZone;
const PARTS = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });

function parts(moment) {
  return Object.fromEntries(PARTS.formatToParts(moment).map(({ type, value }) => [type, value]));
}

function date(moment) {
  const { year, month, day } = parts(moment);
  return `${Number(day)} ${MONTHS[month - 1]} ${year}`;
}

function clock(moment) {
  const { month, day, hour, minute } = parts(moment);
  return `${Number(day)} ${MONTHS[month - 1]}, ${hour}:${minute} ${ZONE}`;
}

function relative(moment, now) {
  const age = (now - moment) / 1000;
  const seconds = Math.trunc(Math.abs(age));
  if (seconds < JUST_NOW) return "just now";
  if (Math.abs(age) > DATES_AFTER) return date(moment);
  const [length, unit] = UNITS.find(([from]) => seconds >= from) ?? UNITS.at(-1);
  const count = Math.max(1, Math.floor(seconds / length + (age < 0 ? 0.5 : 0)));
  const text = `${count} ${unit}${count > 1 && unit !== "min" ? "s" : ""}`;
  return age > 0 ? `${text} ago` : `in ${text}`;
}

function tooltip(moment, utc) {
  const local = moment.toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: ZONE });
  return CHOSEN || utc.startsWith(local) ? utc : `${utc}\n${local} ${ZONE}`;
}

function tip(time, moment) {
  time.dataset.tip = tooltip(moment, time.title);
  time.removeAttribute("title");
}

function refresh() {
  const now = new Date();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const moment = new Date(time.dateTime);
    const text = relative(moment, now);
    if (time.textContent !== text) time.textContent = text;
    if (!time.dataset.tip) tip(time, moment);
  }
  for (const time of document.querySelectorAll("time[data-at]:not([data-tip])")) {
    const moment = new Date(time.dateTime);
    if (!CHOSEN) time.textContent = clock(moment);
    tip(time, moment);
  }
}

refresh();
setInterval(refresh, 20_000);
document.addEventListener("htmx:load", refresh);
document.addEventListener("visibilitychange", refresh);
