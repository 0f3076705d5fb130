import type { MediaKind } from "./fake/media.js";
import { joinStatus, type DeliveryStatus, type ReportedStatus } from "../domain/delivery-status.js";

/** A person with WhatsApp: a phone's digits, a business-scoped id, or both. */
export interface FakeGuestIdentity {
  readonly waId?: string;
  readonly bsuid?: string;
  readonly name: string;
  /** What they are found by; who has one may hide the phone. */
  readonly username?: string;
}

/** Something that can be tapped: a button, or a row of a list. */
export interface PhoneOption {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly section?: string;
}

/** A file in a bubble: one that WhatsApp keeps (`FakeWhatsApp.file`), or one that lies elsewhere. */
export interface PhoneFile {
  readonly kind: MediaKind;
  readonly id?: string;
  readonly link?: string;
  /** Of a document. */
  readonly name?: string;
  /** As whoever sent it says; what the hotel uploads, WhatsApp knows. */
  readonly mimeType?: string;
  /** An audio that was recorded in the chat. */
  readonly isVoice?: true;
  /** Of a sticker. */
  readonly isAnimated?: true;
}

/** A place on the map, as a bubble shows it. */
export interface PhonePlace {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string;
  readonly address?: string;
}

/** A native Flow. */
export interface PhoneForm {
  /** What stands on the button that opens it. */
  readonly title: string;
  /** Meta's id of it, or its name. */
  readonly id?: string;
  readonly name?: string;
  /** Comes back with the answers. */
  readonly token?: string;
  /** Whether the hotel's data endpoint says what it begins with; else it begins with `screen`, filled with `data`. */
  readonly asksHotel: boolean;
  readonly screen?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One bubble on a guest's phone. */
export interface PhoneMessage {
  readonly wamid: string;
  readonly from: "guest" | "hotel";
  /** `deleted` when it was deleted for everybody: nothing of what it said is left then. */
  readonly type: string;
  readonly text?: string;
  /** Above the text, and below it. */
  readonly header?: string;
  readonly footer?: string;
  /** Shown instead of the text, or above it. */
  readonly file?: PhoneFile;
  readonly place?: PhonePlace;
  /** People, as their cards write them. */
  readonly cards?: readonly { readonly name?: string; readonly phones: readonly string[] }[];
  /** What can be tapped, in the order shown; `section` stands above the first of each. */
  readonly options?: readonly PhoneOption[];
  /** What opens a page in a browser. */
  readonly links?: readonly { readonly title: string; readonly url: string }[];
  /** What opens a form. */
  readonly form?: PhoneForm;
  /** What opens a list of options; buttons have none. */
  readonly button?: string;
  /** wamid of the message it quotes. */
  readonly quotes?: string;
  /** Whether `text` is not what it said at first. */
  readonly edited?: true;
  /** The other side's emoji on it. */
  readonly reaction?: string;
  /** Its ticks. */
  readonly status: DeliveryStatus;
  readonly at: string;
}

/** How WhatsApp treats what is sent to somebody; all of it is so until changed. */
export interface Standing {
  /** Is not on WhatsApp, or has blocked the hotels: what is sent is taken and fails later (131026). False at first. */
  readonly unreachable: boolean;
  /** Cannot be written to by id (131062), as some messages cannot. False at first. */
  readonly needsPhone: boolean;
  /** Refuses marketing for a reason of Meta's own; null at first. */
  readonly marketingRefusal: 131049 | 130472 | null;
  /** What webhooks carry as `identity_key_hash`; a send that names another fails later (137000). null at first: none. */
  readonly identityKey: string | null;
  /**
   * What their phone does with a message, in this order: `["sent", "delivered"]` of who lets nobody see what they read,
   * `["sent"]` of a phone that is off. null at first: what the fake's `reports` say.
   */
  readonly reports: readonly ReportedStatus[] | null;
}

const USUAL_STANDING: Standing = {
  unreachable: false,
  needsPhone: false,
  marketingRefusal: null,
  identityKey: null,
  reports: null,
};

/** Somebody with a phone, whatever number and id they have at the moment. */
export interface Person extends FakeGuestIdentity {
  /** What their threads are kept under: the first id they had. */
  readonly key: string;
  /** Whether webhooks leave the phone out: `lately` for all but those of a number that has had to do with it for 30 days. */
  readonly hidesPhone: boolean | "lately";
  readonly standing: Standing;
  /** Ids that they had before they changed their number. */
  readonly hadIds?: readonly string[];
  /** Nobody has said yet who has this number: all of it was made up. */
  readonly isStranger?: true;
}

/** Everything that phones show, as plain JSON. */
export interface PhonesSnapshot {
  readonly guests: readonly (FakeGuestIdentity & Partial<Person>)[];
  readonly threads: readonly Thread[];
  /** Ids that somebody had and has no more: nobody gets them again. */
  readonly usedIds?: readonly string[];
}

interface Thread {
  /** A person's `key`. */
  readonly guest: string;
  readonly phoneNumberId: string;
  readonly messages: PhoneMessage[];
  /** When the guest last did what opens the window, as ISO text. */
  heardAt?: string;
  /** When the phone last stood in what was sent or told, as ISO text. */
  phoneAt?: string;
  /** Whether the guest wants no marketing from this number. */
  stopsMarketing?: boolean;
}

/** What every guest's phone shows: one thread for each of a guest's chats with a number. No network, no clock of its own. */
export interface Phones {
  /** The guest whom an address means; a new one when nobody has it. */
  guest(address: string): Person;
  /** From now on there is somebody like this. */
  know(identity: FakeGuestIdentity): Person;
  /** As they are now. */
  person(key: string): Person;
  /** Changes what webhooks tell about a person. */
  alter(key: string, change: Partial<Pick<Person, "username" | "hidesPhone" | "standing">>): void;
  /**
   * Gives a person another number, and the id that WhatsApp gives with it; whoever had them before has them no more.
   * @returns who they are now
   */
  renumber(key: string, waId: string, bsuid?: string): Person;
  /** The numbers that a person has a thread with. */
  numbersOf(key: string): readonly string[];
  show(guest: Person, phoneNumberId: string, message: PhoneMessage): void;
  /** The guest did what opens the window. @param at ISO text */
  heard(guest: Person, phoneNumberId: string, at: string): void;
  /** When that last was, as ISO text; null when never. */
  heardAt(guest: Person, phoneNumberId: string): string | null;
  /** The guest's phone stands in something that is sent to them, or told of them. @param at ISO text */
  met(guest: Person, phoneNumberId: string, at: string): void;
  /** What a number's webhooks tell of who a guest is. */
  told(guest: Person, phoneNumberId: string, now: Date): Told;
  /** Whether a guest wants marketing from a number. */
  prefers(guest: Person, phoneNumberId: string, stops: boolean): void;
  stopsMarketing(guest: Person, phoneNumberId: string): boolean;
  /** Raises the ticks of a message; statuses only rise on phones too. */
  tick(wamid: string, status: DeliveryStatus): void;
  /** The hotel has read what a guest sent, and with it all that they sent before in the same thread. */
  seen(wamid: string): void;
  /** Shows something else in place of a message. */
  replace(wamid: string, change: (message: PhoneMessage) => PhoneMessage): void;
  thread(address: string, phoneNumberId: string): readonly PhoneMessage[];
  threadOf(guest: Person, phoneNumberId: string): readonly PhoneMessage[];
  /** A message, whose phone shows it, and in the thread with which number. */
  find(
    wamid: string,
  ): { readonly message: PhoneMessage; readonly holder: Person; readonly phoneNumberId: string } | null;
  snapshot(): PhonesSnapshot;
}

/** @param saved what `snapshot()` gave before */
export function phones(saved: PhonesSnapshot | null): Phones {
  const people = new Map<string, Person>();
  /** Whose a phone or an id is, by their key; whose it was first, when two are said to have it. */
  const owners = new Map<string, string>();
  const threads = new Map<string, Thread>();
  /** Where each message stands: messages change in their places and never leave them. */
  const places = new Map<string, { readonly thread: Thread; readonly index: number }>();
  const usedIds = new Set(saved?.usedIds ?? []);

  const known = (address: string): Person | undefined => people.get(owners.get(address) ?? "");
  const person = (key: string): Person => {
    const found = people.get(key);
    if (found === undefined) throw new RangeError(`Nobody is known as ${key}.`);
    return found;
  };
  const set = (key: string, changed: Person): Person => {
    const before = people.get(key);
    people.set(key, changed);
    for (const address of addressesOf(before))
      if (owners.get(address) === key && !addressesOf(changed).includes(address)) {
        const next = [...people.values()].find((other) => addressesOf(other).includes(address));
        if (next === undefined) owners.delete(address);
        else owners.set(address, next.key);
      }
    for (const address of addressesOf(changed)) if (!owners.has(address)) owners.set(address, key);
    return changed;
  };
  const keep = (thread: Thread): Thread => {
    threads.set(JSON.stringify([thread.guest, thread.phoneNumberId]), thread);
    return thread;
  };
  const threadOf = ({ key }: Person, phoneNumberId: string): Thread =>
    threads.get(JSON.stringify([key, phoneNumberId])) ?? keep({ guest: key, phoneNumberId, messages: [] });
  for (const someone of (saved?.guests ?? []).map(asPerson)) set(someone.key, someone);
  for (const thread of saved?.threads ?? [])
    keep(thread).messages.forEach(({ wamid }, index) => places.set(wamid, { thread, index }));
  const know = (identity: FakeGuestIdentity): Person => {
    const someone = asPerson(identity);
    // Who was written to first may be introduced later.
    const stranger = someone.waId === undefined ? undefined : known(someone.waId);
    const same = known(someone.key) ?? (stranger?.isStranger === true ? stranger : undefined);
    if (same !== undefined)
      return set(same.key, { ...someone, key: same.key, hidesPhone: same.hidesPhone, standing: same.standing });
    // Somebody may have begun under this number or id and have another by now.
    let { key } = someone;
    for (let n = 2; people.has(key); n++) key = `${someone.key} (${String(n)})`;
    return set(key, { ...someone, key });
  };
  /** The id that goes with a number: another one for each person who has the number after the other. */
  const newBsuid = (waId: string): string => {
    let bsuid = `US.${waId}`;
    for (let n = 2; usedIds.has(bsuid) || known(bsuid) !== undefined; n++) bsuid = `US.${waId}x${String(n)}`;
    return bsuid;
  };
  /** Somebody by an id that they had before they changed their number: what is sent to it reaches nobody. */
  const gone = (bsuid: string): Person | null => {
    const owner = usedIds.has(bsuid) ? [...people.values()].find(({ hadIds }) => hadIds?.includes(bsuid)) : undefined;
    if (owner === undefined) return null;
    const { waId: _, ...rest } = owner;
    return { ...rest, bsuid, standing: { ...rest.standing, unreachable: true } };
  };
  const replace = (wamid: string, change: (message: PhoneMessage) => PhoneMessage): void => {
    const place = places.get(wamid);
    const message = place?.thread.messages[place.index];
    if (place !== undefined && message !== undefined) place.thread.messages[place.index] = change(message);
  };

  return {
    know,
    person,
    replace,
    guest(address) {
      const name = `Guest ${address.slice(-4)}`;
      if (!/^\d+$/.test(address)) return known(address) ?? gone(address) ?? know({ bsuid: address, name });
      const had = known(address);
      if (had !== undefined) return had;
      const { key, ...stranger } = know({ waId: address, bsuid: newBsuid(address), name });
      return set(key, { ...stranger, key, isStranger: true });
    },
    alter(key, change) {
      set(key, { ...person(key), ...change });
    },
    renumber(key, waId, given) {
      const before = person(key);
      // Whoever had no id before WhatsApp had them gets none either.
      const bsuid = given ?? (before.bsuid === undefined ? undefined : newBsuid(waId));
      for (const other of [...people.values()]) {
        const { waId: theirPhone, bsuid: theirId, ...rest } = other;
        if (theirPhone === waId || (theirId !== undefined && theirId === bsuid))
          set(other.key, {
            ...rest,
            ...(theirPhone !== undefined && theirPhone !== waId && { waId: theirPhone }),
            ...(theirId !== undefined && theirId !== bsuid && { bsuid: theirId }),
          });
      }
      const hadIds = [...(before.hadIds ?? []), ...(before.bsuid === undefined ? [] : [before.bsuid])];
      for (const id of hadIds) usedIds.add(id);
      return set(key, { ...before, hadIds, waId, ...(bsuid !== undefined && { bsuid }) });
    },
    numbersOf: (key) =>
      [...threads.values()]
        .filter(({ guest, messages }) => guest === key && messages.length > 0)
        .map(({ phoneNumberId }) => phoneNumberId),
    show(guest, phoneNumberId, message) {
      const thread = threadOf(guest, phoneNumberId);
      places.set(message.wamid, { thread, index: thread.messages.push(message) - 1 });
    },
    heard(guest, phoneNumberId, at) {
      threadOf(guest, phoneNumberId).heardAt = at;
    },
    heardAt(guest, phoneNumberId) {
      const { heardAt, messages } = threadOf(guest, phoneNumberId);
      return heardAt ?? messages.findLast(({ from }) => from === "guest")?.at ?? null;
    },
    met(guest, phoneNumberId, at) {
      threadOf(guest, phoneNumberId).phoneAt = at;
    },
    told(guest, phoneNumberId, now) {
      const { phoneAt } = threadOf(guest, phoneNumberId);
      const isRecent = phoneAt !== undefined && now.getTime() < Date.parse(phoneAt) + PHONE_TOLD_MS;
      return visible({ ...guest, hidesPhone: guest.hidesPhone === "lately" ? !isRecent : guest.hidesPhone });
    },
    prefers(guest, phoneNumberId, stops) {
      threadOf(guest, phoneNumberId).stopsMarketing = stops;
    },
    stopsMarketing: (guest, phoneNumberId) => threadOf(guest, phoneNumberId).stopsMarketing ?? false,
    tick(wamid, status) {
      replace(wamid, (message) => ({ ...message, status: joinStatus(message.status, status) }));
    },
    seen(wamid) {
      const place = places.get(wamid);
      for (const message of place?.thread.messages.slice(0, place.index + 1) ?? [])
        if (message.from === "guest")
          replace(message.wamid, (one) => ({ ...one, status: joinStatus(one.status, "read") }));
    },
    thread(address, phoneNumberId) {
      const guest = known(address);
      return guest === undefined ? [] : threadOf(guest, phoneNumberId).messages;
    },
    threadOf: (guest, phoneNumberId) => threadOf(guest, phoneNumberId).messages,
    find(wamid) {
      const place = places.get(wamid);
      const message = place?.thread.messages[place.index];
      if (place === undefined || message === undefined) return null;
      const { guest, phoneNumberId } = place.thread;
      return { message, holder: person(guest), phoneNumberId };
    },
    snapshot: () => ({ guests: [...people.values()], threads: [...threads.values()], usedIds: [...usedIds] }),
  };
}

/** Milliseconds for which webhooks tell the phone of who has a username. Source: "Business-scoped user IDs" (2026). */
const PHONE_TOLD_MS = 30 * 86_400_000;

const addressesOf = (someone: FakeGuestIdentity | undefined): readonly string[] =>
  [someone?.waId, someone?.bsuid].filter((address) => address !== undefined);

const asPerson = (identity: FakeGuestIdentity & Partial<Person>): Person => ({
  ...identity,
  key: identity.key ?? identity.bsuid ?? identity.waId ?? "",
  hidesPhone: identity.hidesPhone ?? false,
  standing: { ...USUAL_STANDING, ...identity.standing },
});

/** What webhooks tell of somebody. */
export interface Told extends FakeGuestIdentity {
  readonly identityKey?: string;
}

/** What webhooks tell of who somebody is. */
export const visible = ({ waId, bsuid, name, username, hidesPhone, standing }: Person): Told => ({
  name,
  ...(waId !== undefined && !hidesPhone && { waId }),
  ...(bsuid !== undefined && { bsuid }),
  ...(username !== undefined && { username }),
  ...(standing.identityKey !== null && { identityKey: standing.identityKey }),
});

/** What a message leaves behind when it is deleted for everybody. */
export const deleted = ({ wamid, from, status, at }: PhoneMessage): PhoneMessage => ({
  wamid,
  from,
  type: "deleted",
  status,
  at,
});
