/** Times as people say them, and those that go on while one looks. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** When a guest who waits turns yellow, and when red. A hotel sets what it promises. */
export const WAITS = { longMs: 5 * MINUTE_MS, tooLongMs: 15 * MINUTE_MS };

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });
const long = new Intl.DateTimeFormat([], { weekday: "long", day: "numeric", month: "long" });

export const atClock = (iso) => clock.format(new Date(iso));
export const dayOf = (iso) => new Date(iso).toDateString();
export const longDay = (iso) => (dayOf(iso) === new Date().toDateString() ? "Today" : long.format(new Date(iso)));
/** Short, for a list. */
export const shortTime = (iso) =>
  dayOf(iso) === new Date().toDateString() ? atClock(iso) : date.format(new Date(iso));
export const dayAndTime = (iso) => `${date.format(new Date(iso))}, ${atClock(iso)}`;

export function duration(ms) {
  const minutes = Math.floor(Math.max(0, ms) / MINUTE_MS);
  if (minutes < 1) return `${Math.floor(Math.max(0, ms) / 1_000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return ms < DAY_MS ? `${hours} h ${minutes % 60} min` : `${Math.floor(ms / DAY_MS)} d ${hours % 24} h`;
}

/** How long a guest has waited, for as long as it is shown. */
export function waiting(made, since) {
  made.dataset.since = since;
  tick(made);
  return made;
}
/** How long is left until something. */
export function leftUntil(made, until, before, after) {
  Object.assign(made.dataset, { until, before, after });
  tick(made);
  return made;
}

function tick(made) {
  const { since, until, before, after } = made.dataset;
  if (since !== undefined) {
    const ms = Date.now() - Date.parse(since);
    const text = `waits ${duration(ms)}`;
    if (made.textContent !== text) made.textContent = text;
    made.dataset.late = ms > WAITS.tooLongMs ? "much" : ms > WAITS.longMs ? "some" : "no";
  } else {
    const ms = Date.parse(until) - Date.now();
    const text = ms > 0 ? `${before} ${duration(ms)}` : after;
    if (made.textContent !== text) made.textContent = text;
    made.dataset.late = ms < 0 ? "much" : ms < 3_600_000 ? "some" : "no";
  }
}

setInterval(() => {
  if (!document.hidden) for (const made of document.querySelectorAll("[data-since], [data-until]")) tick(made);
}, 1_000);
