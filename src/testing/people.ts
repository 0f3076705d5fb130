import type { Clock } from "../ports/clock.js";
import { bubbleOf, type Bubble } from "./fake/bubble.js";
import { unsupportedError } from "./fake/graph-error.js";
import type { MediaKind } from "./fake/media.js";
import type { FakeNumber } from "./fake/numbers.js";
import type { News } from "./mailbag.js";
import { digits, echoWebhook, messageWebhook, numberChangeWebhook, preferenceWebhook } from "./meta-json.js";
import {
  deleted,
  visible,
  type FakeGuestIdentity,
  type Person,
  type PhoneMessage,
  type Phones,
  type Standing,
  type Told,
} from "./phones.js";

/** A guest with a phone: writes, taps, sends, and can be looked over the shoulder. */
export interface FakeGuest {
  /** Who they are now. */
  readonly identity: FakeGuestIdentity;
  /**
   * Writes a text. Delivered again and again until the webhook answers 200, as Meta does, so it waits for as long as nobody
   * listens or the answer is a 5xx.
   * @returns the wamid, once the webhook was answered 200
   * @throws {Error} at once when the answer is a 4xx, which trying again would not change: what was answered, and by which
   *   path; and when the fake is closed before the host has heard of it
   */
  says(phoneNumberId: string, text: string, options?: { readonly quotes?: string }): Promise<string>;
  /**
   * Taps an option that the phone shows, newest message first, by its id or its title.
   * @throws {RangeError} when it is not shown, with what is: the menu takes a moment to come after a text
   */
  taps(phoneNumberId: string, option: string): Promise<string>;
  /** Sends a file, which can be fetched from the fake as from Meta. */
  sendsFile(phoneNumberId: string, file: GuestFile, options?: { readonly quotes?: string }): Promise<string>;
  /**
   * Sends a form off that the phone shows. What is asked before that, a data endpoint answers (`flowPhone`).
   * @param answers what was filled in; the form's token goes with it, where they name none
   * @throws {RangeError} when the phone shows no such form
   */
  fillsIn(phoneNumberId: string, wamid: string, answers: Readonly<Record<string, unknown>>): Promise<string>;
  /** Opens the chat: all that the hotel has sent is reported as delivered and read, where it was not yet. */
  reads(phoneNumberId: string): Promise<void>;
  /** Wants no more marketing from a number: the host hears so, and that number's templates of the category are refused (131050). */
  stopsMarketing(phoneNumberId: string): Promise<void>;
  /** Wants it again. */
  resumesMarketing(phoneNumberId: string): Promise<void>;
  /** Sends something that is not text; `body` is what stands under the type's name. */
  sends(phoneNumberId: string, type: string, body?: object, options?: { readonly quotes?: string }): Promise<string>;
  /**
   * Sends what WhatsApp does not hand over.
   * @param what `poll` and the like; null where WhatsApp does not say
   * @param code 131051 by default: there is no such message in the API; 131052: a file of more than 100 MB
   */
  sendsUnsupported(phoneNumberId: string, what: string | null, code?: 131051 | 131052): Promise<string>;
  /** Changes a text of theirs. @throws {RangeError} when the phone shows no such text of theirs */
  edits(phoneNumberId: string, wamid: string, text: string): Promise<string>;
  /** Deletes a message of theirs for everybody. @throws {RangeError} when the phone shows no such message of theirs */
  deletes(phoneNumberId: string, wamid: string): Promise<string>;
  /**
   * Puts an emoji on a message of the hotel's; null takes it back.
   * @throws {RangeError} when the phone shows no such message: WhatsApp tells of no reaction to a guest's own
   */
  reacts(phoneNumberId: string, wamid: string, emoji: string | null): Promise<string>;
  /**
   * Takes another phone number, with which WhatsApp gives another id. Every number of the hotels that they have a thread
   * with hears so, one after the other; their threads stay. Whoever writes from the number that they had is somebody else.
   * One who hides the phone has only the other id told.
   * @returns the wamids of what WhatsApp says, one for each number
   */
  changesNumber(to: string, options?: { readonly bsuid?: string }): Promise<readonly string[]>;
  /**
   * Takes a username and lets webhooks no longer carry the phone, from the next one on.
   * @param options.lately true: as long as the hotel has no contact book, webhooks of a number carry the phone for 30 days after
   *   it was last sent to, or told of, by that number; false by default: they never do
   * @throws {RangeError} when they have no business-scoped id, without which nobody could be told from others
   */
  hidesPhone(username?: string, options?: { readonly lately?: boolean }): void;
  /** Changes how WhatsApp treats what is sent to them, until changed again. */
  stands(standing: Partial<Standing>): void;
  /** Lets webhooks carry the phone beside the id. */
  showsPhone(): void;
  /**
   * Sends their own number when asked for it: it stands inside the card only; later webhooks carry it.
   * @throws {RangeError} when they have none
   */
  sharesPhone(phoneNumberId: string): Promise<string>;
}

/** A file that a guest sends. */
export interface GuestFile {
  readonly kind: MediaKind;
  readonly bytes: Uint8Array;
  /** As the phone says: nobody has looked whether it is true. */
  readonly mimeType: string;
  /** Of a document. */
  readonly fileName?: string;
  readonly caption?: string;
  /** Of an audio: whether it was recorded in the chat; false by default. */
  readonly voice?: boolean;
  /** Of a sticker; false by default. */
  readonly animated?: boolean;
}

/** The phone app at the hotel, on the same number as the API: what is written there comes to the host as an echo. */
export interface FakeHotelPhone {
  /** Writes to a guest. @returns the wamid, once the webhook was answered 200, as `FakeGuest.says` does */
  says(guestAddress: string, text: string): Promise<string>;
  /** Sends a guest a file, which can be fetched from the fake as from Meta. */
  sendsFile(guestAddress: string, file: GuestFile): Promise<string>;
  /** Changes a text of the hotel's. @throws {RangeError} when no phone shows such a text from this number */
  edits(wamid: string, text: string): Promise<string>;
  /** Deletes a message of the hotel's for everybody. @throws {RangeError} when no phone shows such a message from this number */
  deletes(wamid: string): Promise<string>;
}

/** What people's acts meet. */
export interface Surroundings {
  readonly world: Phones;
  readonly clock: Clock;
  readonly newWamid: () => string;
  readonly numberOf: (phoneNumberId: string) => FakeNumber;
  /** Brings webhooks to the host, one after the other. */
  readonly deliver: (news: readonly News[]) => Promise<void>;
  /** Keeps a file. @returns what the host is told of it */
  readonly keep: (phoneNumberId: string, file: GuestFile) => { id: string; sha256: string; url: string };
  /** A guest wrote to a number. */
  readonly heard: (number: FakeNumber) => void;
  /** To be called after what changes no webhook. */
  readonly changed: () => void;
  /** A guest looks at all that a number has sent. */
  readonly opened: (guest: Person, phoneNumberId: string) => Promise<void>;
}

/** Guests with their phones, and whoever has the hotel's: what they do shows on phones first, and then the host hears of it. */
export function people({ world, clock, newWamid, numberOf, keep, heard, deliver, changed, opened }: Surroundings): {
  guest(address: string | FakeGuestIdentity): FakeGuest;
  hotelPhone(phoneNumberId: string): FakeHotelPhone;
} {
  /** What a number's webhooks tell of a guest now; a phone that they tell is known for longer. */
  function meets(guest: Person, phoneNumberId: string, at: Date): Told {
    const told = world.told(guest, phoneNumberId, at);
    if (told.waId !== undefined) world.met(guest, phoneNumberId, at.toISOString());
    return told;
  }

  /**
   * Somebody does something in the chat of a guest with a number.
   * @param told what WhatsApp tells of the guest: what it usually does by default @param bubble null when it is none of its own @returns the wamid
   */
  async function act(
    by: PhoneMessage["from"],
    guest: Person,
    phoneNumberId: string,
    bubble: Bubble | null,
    body: object,
    told?: Told,
  ): Promise<string> {
    const wamid = newWamid();
    const at = clock.now();
    const who = told ?? meets(guest, phoneNumberId, at);
    if (bubble !== null)
      world.show(guest, phoneNumberId, { ...bubble, wamid, from: by, status: "sent", at: at.toISOString() });
    const number = numberOf(phoneNumberId);
    if (by === "guest") {
      heard(number);
      // To edit or to delete is not to write.
      if (!("edit" in body || "revoke" in body)) world.heard(guest, phoneNumberId, at.toISOString());
    }
    const about = { guest: who, number, wamid, at, body };
    const webhook = by === "hotel" ? echoWebhook(about) : messageWebhook({ ...about, quotes: bubble?.quotes });
    await deliver([{ wamid, webhook, chat: JSON.stringify([guest.key, phoneNumberId]) }]);
    return wamid;
  }

  /** Keeps a file. @returns what the phone shows of it, and what the host is told */
  function sent(phoneNumberId: string, file: GuestFile): [Bubble, object] {
    const { kind, mimeType, fileName, caption, voice = false, animated = false } = file;
    const told = {
      ...(caption !== undefined && { caption }),
      ...(fileName !== undefined && { filename: fileName }),
      mime_type: mimeType,
      ...keep(phoneNumberId, file),
      ...(kind === "audio" && { voice }),
      ...(kind === "sticker" && { animated }),
    };
    const body = { type: kind, [kind]: told };
    return [bubbleOf(body, null), body];
  }

  /** A message that a phone shows. @throws {RangeError} when it does not, or it was deleted */
  function shown(wamid: string, phoneNumberId: string, from: PhoneMessage["from"], key?: string) {
    const found = world.find(wamid);
    const isThere =
      found?.phoneNumberId === phoneNumberId && found.message.from === from && found.message.type !== "deleted";
    if (!isThere || (key !== undefined && found.holder.key !== key))
      throw new RangeError(`The phone shows no message of the ${from}'s with the id ${wamid}.`);
    return found;
  }

  /** Changes a text on the phone that shows it. @returns what the host is told @throws {RangeError} when it is no text */
  function edit({ wamid, type }: PhoneMessage, text: string): object {
    if (type !== "text") throw new RangeError(`Only a text can be changed; this is of type ${type}.`);
    world.replace(wamid, (before) => ({ ...before, text, edited: true }));
    return { type: "edit", edit: { original_message_id: wamid, message: { type, text: { body: text } } } };
  }

  /** Deletes a message on the phone that shows it. @returns what the host is told */
  function revoke({ wamid }: PhoneMessage): object {
    world.replace(wamid, deleted);
    return { type: "revoke", revoke: { original_message_id: wamid } };
  }

  function guest(address: string | FakeGuestIdentity): FakeGuest {
    const { key } = typeof address === "string" ? world.guest(address) : world.know(address);
    const me = (): Person => world.person(key);
    const does = (phoneNumberId: string, bubble: Bubble | null, body: object) =>
      act("guest", me(), phoneNumberId, bubble, body);
    const prefers = async (phoneNumberId: string, value: "stop" | "resume"): Promise<void> => {
      const at = clock.now();
      world.prefers(me(), phoneNumberId, value === "stop");
      const webhook = preferenceWebhook(numberOf(phoneNumberId), world.told(me(), phoneNumberId, at), value, at);
      await deliver([{ wamid: null, webhook }]);
    };
    return {
      get identity() {
        const { identityKey: _, ...identity } = visible({ ...me(), hidesPhone: false });
        return identity;
      },
      says: (phoneNumberId, text, { quotes } = {}) =>
        does(
          phoneNumberId,
          { type: "text", text, ...(quotes !== undefined && { quotes }) },
          { type: "text", text: { body: text } },
        ),
      async taps(phoneNumberId, wanted) {
        const bubbles = world.threadOf(me(), phoneNumberId);
        const isWanted = ({ id, title }: { readonly id: string; readonly title: string }) =>
          id === wanted || title === wanted;
        const asking = bubbles.findLast(({ options }) => options?.some(isWanted));
        const option = asking?.options?.find(isWanted);
        if (asking === undefined || option === undefined)
          throw new RangeError(`The phone shows no option "${wanted}"; it shows: ${optionsOf(bubbles)}`);
        const { id, title, description } = option;
        if (asking.type === "template") {
          const bubble = { type: "button", text: title, quotes: asking.wamid };
          return does(phoneNumberId, bubble, { type: "button", button: { payload: id, text: title } });
        }
        const isList = asking.button !== undefined;
        const reply = isList
          ? { type: "list_reply", list_reply: { id, title, ...(description !== undefined && { description }) } }
          : { type: "button_reply", button_reply: { id, title } };
        const bubble = { type: "choice", text: title, quotes: asking.wamid };
        return does(phoneNumberId, bubble, { type: "interactive", interactive: reply });
      },
      async sendsFile(phoneNumberId, file, options = {}) {
        const [bubble, body] = sent(phoneNumberId, file);
        return does(phoneNumberId, { ...bubble, ...options }, body);
      },
      async fillsIn(phoneNumberId, wamid, answers) {
        const { form } = shown(wamid, phoneNumberId, "hotel", key).message;
        if (form === undefined) throw new RangeError(`The message ${wamid} opens no form.`);
        const response = { ...(form.token !== undefined && { flow_token: form.token }), ...answers };
        const reply = { name: "flow", body: "Sent", response_json: JSON.stringify(response) };
        const bubble = { type: "choice", text: "Sent", quotes: wamid };
        return does(phoneNumberId, bubble, {
          type: "interactive",
          interactive: { type: "nfm_reply", nfm_reply: reply },
        });
      },
      reads: (phoneNumberId) => opened(me(), phoneNumberId),
      stopsMarketing: (phoneNumberId) => prefers(phoneNumberId, "stop"),
      resumesMarketing: (phoneNumberId) => prefers(phoneNumberId, "resume"),
      sends(phoneNumberId, type, given = {}, options = {}) {
        const body = { type, [type]: given };
        return does(phoneNumberId, { ...bubbleOf(body, null), ...options }, body);
      },
      sendsUnsupported: (phoneNumberId, what, code = 131051) =>
        does(
          phoneNumberId,
          { type: "unsupported" },
          {
            type: "unsupported",
            ...(what !== null && { unsupported: { type: what } }),
            errors: [unsupportedError(code)],
          },
        ),
      edits: async (phoneNumberId, wamid, text) =>
        does(phoneNumberId, null, edit(shown(wamid, phoneNumberId, "guest", key).message, text)),
      deletes: async (phoneNumberId, wamid) =>
        does(phoneNumberId, null, revoke(shown(wamid, phoneNumberId, "guest", key).message)),
      async reacts(phoneNumberId, wamid, emoji) {
        shown(wamid, phoneNumberId, "hotel", key);
        const given = emoji === null ? {} : { reaction: emoji };
        world.replace(wamid, ({ reaction: _, ...bare }) => ({ ...bare, ...given }));
        const reaction = { message_id: wamid, ...(emoji !== null && { emoji }) };
        return does(phoneNumberId, null, { type: "reaction", reaction });
      },
      async changesNumber(to, { bsuid } = {}) {
        const had = me();
        const has = world.renumber(key, to, bsuid);
        const at = clock.now();
        const news = world.numbersOf(key).map((phoneNumberId) => {
          const wamid = newWamid();
          const number = numberOf(phoneNumberId);
          const before = world.told(had, phoneNumberId, at);
          const after = world.told(has, phoneNumberId, at);
          return { wamid, webhook: numberChangeWebhook({ number, wamid, at, before, after }) };
        });
        await deliver(news);
        return news.map(({ wamid }) => wamid);
      },
      hidesPhone(username, { lately = false } = {}) {
        const { bsuid, username: taken } = me();
        if (bsuid === undefined) throw new RangeError("Who has no business-scoped id cannot hide the phone.");
        const name = username ?? taken ?? `guest.${bsuid.slice(-4).toLowerCase()}`;
        world.alter(key, { username: name, hidesPhone: lately ? "lately" : true });
        changed();
      },
      stands(standing) {
        world.alter(key, { standing: { ...me().standing, ...standing } });
        changed();
      },
      showsPhone() {
        world.alter(key, { hidesPhone: false });
        changed();
      },
      async sharesPhone(phoneNumberId) {
        const { waId, bsuid } = me();
        if (waId === undefined) throw new RangeError("There is no phone to share.");
        const card = { origin: "contact_request", phones: [{ phone: `+${waId}`, wa_id: waId, type: "MOBILE" }] };
        const told = visible({ ...me(), hidesPhone: bsuid !== undefined });
        world.alter(key, { hidesPhone: false });
        const bubble = { type: "contacts", text: `+${waId}` };
        return act("guest", me(), phoneNumberId, bubble, { type: "contacts", contacts: [card] }, told);
      },
    };
  }

  function hotelPhone(phoneNumberId: string): FakeHotelPhone {
    const does = (holder: Person, bubble: Bubble | null, body: object) =>
      act("hotel", holder, phoneNumberId, bubble, body);
    return {
      says: (address, text) =>
        does(world.guest(digits(address)), { type: "text", text }, { type: "text", text: { body: text } }),
      async sendsFile(address, file) {
        return does(world.guest(digits(address)), ...sent(phoneNumberId, file));
      },
      async edits(wamid, text) {
        const { holder, message } = shown(wamid, phoneNumberId, "hotel");
        return does(holder, null, edit(message, text));
      },
      async deletes(wamid) {
        const { holder, message } = shown(wamid, phoneNumberId, "hotel");
        return does(holder, null, revoke(message));
      },
    };
  }

  return { guest, hotelPhone };
}

const optionsOf = (bubbles: readonly PhoneMessage[]): string =>
  bubbles.flatMap(({ options = [] }) => options.map(({ title }) => `"${title}"`)).join(", ") || "(nothing yet)";
