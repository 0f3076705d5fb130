// The simulated WhatsApp, by its documented routes.

const trouble = () => document.getElementById("trouble");

/** Says what is wrong; "" when nothing is. */
export function complain(message, kind = "answer") {
  trouble().dataset.kind = kind;
  trouble().textContent = message;
}

const UNREACHABLE =
  "The hotel cannot be reached. What you wrote is kept; if it does not show when this line is gone, send it again.";

/** A part of an address: a surrogate that stands alone, which a text may have, cannot be written in one. */
export const part = (text) => encodeURIComponent(text.toWellFormed());

/** What is answered; null when it was refused or nobody is there, which is said. */
export async function asks(route, body) {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/simulator${route}`, body === undefined ? {} : post).catch(() => null);
  if (answer === null) {
    complain(UNREACHABLE, "line");
    return null;
  }
  const said = await answer.json().catch(() => null);
  if (trouble().dataset.kind === "line" || (answer.ok && body !== undefined)) complain("");
  if (!answer.ok) complain(said?.error?.message ?? `It was answered ${answer.status}.`);
  return answer.ok ? said : null;
}

const at = ({ address }) => `/guests/${part(address)}`;

export const chat = (phone) => asks(`${at(phone)}/messages?hotel=${part(phone.hotel)}`);
/** WhatsApp has it from then on; when the hotel has it, the ticks say. */
export const does = (phone, act) => asks(`${at(phone)}/messages`, { hotel: phone.hotel, wait: false, ...act });
export const reads = (phone) => asks(`${at(phone)}/read`, { hotel: phone.hotel });
export const reports = (phone, wanted) => asks(`${at(phone)}/phone`, { reports: wanted });
export const becomes = (phone, change) => asks(`${at(phone)}/identity`, change);
export const prefers = (phone, marketing) => asks(`${at(phone)}/preferences`, { hotel: phone.hotel, marketing });

/** Calls again whenever a phone may show something else, and once in a while where nobody tells so. */
export function watch(look) {
  let isBusy = false;
  let isDue = false;
  const round = async () => {
    isDue = true;
    if (isBusy) return;
    isBusy = true;
    try {
      while (isDue) {
        isDue = false;
        await look();
      }
    } finally {
      isBusy = false;
    }
  };
  // A browser opens six lines to one address, for all tabs together: one that nobody looks at has none.
  let line = null;
  const listen = () => {
    line?.close();
    line = document.hidden ? null : new EventSource("/simulator/changes");
    line?.addEventListener("change", round);
  };
  document.addEventListener("visibilitychange", listen);
  listen();
  setInterval(round, 1_500);
  void round();
  return round;
}
