// Keeps relative times (<time data-ago>) fresh and puts UTC and the local time into their tooltips.
// The words are those of the `ago` template tag.

const UNITS = [[86400, "day"], [3600, "hour"], [60, "min"]];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const JUST_NOW = 45;
const DATES_AFTER = 30 * 86400;

function relative(moment, now) {
  const age = (now - moment) / 1000;
  const seconds = Math.trunc(Math.abs(age));
  if (seconds < JUST_NOW) return "just now";
  if (Math.abs(age) > DATES_AFTER) return `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
  const [length, unit] = UNITS.find(([from]) => seconds >= from) ?? UNITS.at(-1);
  const count = Math.max(1, Math.floor(seconds / length + (age < 0 ? 0.5 : 0)));
  const text = `${count} ${unit}${count > 1 && unit !== "min" ? "s" : ""}`;
  return age > 0 ? `${text} ago` : `in ${text}`;
}

function tooltip(moment, utc) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const local = moment.toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "medium" });
  return utc.startsWith(local) ? utc : `${utc}\n${local} ${zone}`;
}

function refresh() {
  const now = new Date();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const moment = new Date(time.dateTime);
    const text = relative(moment, now);
    if (time.textContent !== text) time.textContent = text;
    if (!time.dataset.tip) {
      time.dataset.tip = tooltip(moment, time.title);
      time.removeAttribute("title");
    }
  }
}

refresh();
setInterval(refresh, 20_000);
document.addEventListener("htmx:load", refresh);
document.addEventListener("visibilitychange", refresh);
