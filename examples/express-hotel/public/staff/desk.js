import { deskClient } from "/assets/client.js";
import { clearLine, complain, lineIsDown } from "./notice.js";
import { explained } from "./words.js";

/** What all parts of the page share: who is signed in, the desk as they see it, and which conversation is shown. */

/** Tells whoever shows something: at most once for each frame that is drawn, however much has changed. */
const watchers = new Set();
const listeners = new Set();
let pending = false;

/** How often somebody who types is said to. */
const TYPING_MS = 5_000;

export const desk = {
  /** The demo's people, hotels and flows; a real hotel's sign-in and tables say these. */
  people: [],
  hotels: [],
  flows: [],
  /** Who is signed in; null while nobody is. */
  me: null,
  client: null,
  /** The conversation that is shown, by id; null for none. */
  chosen: null,
  /** A message to bring into view once it is there: what a search found. */
  sought: null,
  resynced: false,
  /** Messages that were sent again from here: that a copy of them is under way is told of the copy alone. */
  resent: new Set(),

  /** Calls for every change. @returns what ends that */
  watch(show) {
    watchers.add(show);
    show();
    return () => watchers.delete(show);
  },
  /** Calls for each event that the desk tells. */
  onEvent(hear) {
    listeners.add(hear);
  },
  changed() {
    if (pending) return;
    pending = true;
    // A page that nobody sees draws nothing, and still counts what is unread.
    const later = document.hidden ? (run) => setTimeout(run, 250) : requestAnimationFrame;
    later(() => {
      pending = false;
      for (const show of [...watchers]) show();
    });
  },

  signIn(person) {
    desk.signOut();
    desk.me = person;
    const client = deskClient({
      baseUrl: "/api",
      token: person.token,
      storage: sessionStorage,
      storageKey: `belldesk.sends.${person.id}`,
      WebSocket: socketThat(() => {
        if (client !== desk.client) return;
        desk.resynced = true;
        setTimeout(() => {
          desk.resynced = false;
          desk.changed();
        }, 4_000);
        desk.changed();
      }),
    });
    desk.client = client;
    client.subscribe(() => client === desk.client && desk.changed());
    client.onEvent((...told) => {
      if (client === desk.client) for (const hear of listeners) hear(...told);
    });
    client.connect();
    desk.changed();
  },
  signOut() {
    desk.leave();
    desk.client?.close();
    desk.client = null;
    desk.me = null;
    clearLine();
    complain("");
    desk.changed();
  },

  /** Shows a conversation. @param summary as a list has it */
  choose(summary, messageId = null) {
    if (summary.id !== desk.chosen) {
      desk.leave();
      desk.chosen = summary.id;
      const close = desk.client.open(summary);
      leaveChosen = () => {
        desk.client?.signal("left", summary.id);
        close();
      };
      desk.client.signal("viewing", summary.id);
    }
    desk.sought = messageId;
    document.body.dataset.pane = "conversation";
    complain("");
    desk.changed();
  },
  /** One of which only the id is known, and what a search says of it. */
  async chooseFound({ conversationId, guest = { name: null }, messageId = null }) {
    const known = desk.client.getState().conversations[conversationId];
    if (known !== undefined) return desk.choose(known, messageId);
    // "Read up to nothing" changes nothing, and answers the conversation as it is.
    const found = await desk.asked(desk.client.api.markRead(conversationId, { seq: 0 }));
    if (found === null) return undefined;
    const window = { open: false, closesAt: null };
    return desk.choose(
      { ...found, guest: { ...found.guest, ...guest }, unread: 0, waitingSince: null, window, guessed: true },
      messageId,
    );
  },
  leave() {
    leaveChosen();
    leaveChosen = () => undefined;
    desk.chosen = null;
    document.body.dataset.pane = "list";
    desk.changed();
  },
  /** The one that is shown, as it is now; null where none is, or it went where these eyes may not look. */
  conversation() {
    return (desk.chosen !== null && desk.client?.getState().conversations[desk.chosen]) || null;
  },
  thread() {
    return (desk.chosen !== null && desk.client?.getState().threads[desk.chosen]) || null;
  },
  /** Colleagues see it at once; the guest as the hotel's read receipts allow it. */
  types() {
    if (desk.chosen === null) return;
    desk.client.signal("typing", desk.chosen);
    if (Date.now() - typedAt < TYPING_MS) return;
    typedAt = Date.now();
    void desk.client.api.typing(desk.chosen).catch(() => undefined);
  },

  /** What was asked for; null when the desk refuses it, which is told. */
  async asked(answer) {
    try {
      const given = await answer;
      complain("");
      return given ?? true;
    } catch (error) {
      if (error.name !== "DeskError") throw error;
      if (error.code === "unreachable" || error.code === "answer_unknown") lineIsDown();
      else complain(explained(error));
      return null;
    }
  },
  /** The same for what nobody has asked for by hand: it is tried again some time, and nobody needs to read of it. */
  async quietly(answer) {
    try {
      return await answer;
    } catch (error) {
      if (error.name !== "DeskError") throw error;
      return null;
    }
  },
};

let leaveChosen = () => undefined;
let typedAt = 0;

/** A socket that tells when the desk says that all that is here is worth nothing any more. */
function socketThat(tells) {
  return class extends WebSocket {
    constructor(...given) {
      super(...given);
      // In a text of a guest's, a quotation mark would be escaped.
      this.addEventListener("message", ({ data }) => data.includes('"type":"resync_required"') && tells());
    }
  };
}

/** Names, by the ids that the desk speaks of. */
export const hotelOf = (id) => desk.hotels.find((hotel) => hotel.id === id);
export const hotelName = (id) => hotelOf(id)?.name ?? id;
export const departmentName = (hotelId, id) =>
  id === null
    ? "No department yet"
    : (hotelOf(hotelId)?.departments.find((department) => department.id === id)?.name ?? id);
export const personName = (id) => (id === desk.me?.id ? "you" : (desk.people.find((one) => one.id === id)?.name ?? id));
/** Staff who work at a hotel, but for who is signed in. */
export const colleagues = (hotelId) =>
  desk.people.filter(({ id, hotels = {} }) => id !== desk.me?.id && hotels[hotelId] !== undefined);

/** What the desk would allow whoever is signed in, so that nothing is offered that it refuses. */
export const may = {
  assignOthers: () => desk.me.role !== "agent",
  readAudit: (hotelId) => desk.me.role !== "agent" && desk.me.hotels[hotelId] === "all",
  writeSavedReplies: () => desk.me.role !== "agent",
  readTimes: () => desk.me.role !== "agent",
};
