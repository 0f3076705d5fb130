import { joinStatus, type DeliveryStatus } from "../domain/delivery-status.js";

/** A person with WhatsApp: a phone's digits, a business-scoped id, or both. */
export interface FakeGuestIdentity {
  readonly waId?: string;
  readonly bsuid?: string;
  readonly name: string;
  /** What they are found by; who has one may hide the phone. */
  readonly username?: string;
}

/** One bubble on a guest's phone. */
export interface PhoneMessage {
  readonly wamid: string;
  readonly from: "guest" | "hotel";
  /** `deleted` when it was deleted for everybody: nothing of what it said is left then. */
  readonly type: string;
  readonly text?: string;
  /** What can be tapped, in the order shown. */
  readonly options?: readonly { readonly id: string; readonly title: string; readonly description?: string }[];
  /** What opens a list of options; buttons have none. */
  readonly button?: string;
  /** wamid of the message it quotes. */
  readonly quotes?: string;
  /** Whether `text` is not what it said at first. */
  readonly edited?: true;
  /** The guest's emoji on it. */
  readonly reaction?: string;
  /** Its ticks. */
  readonly status: DeliveryStatus;
  readonly at: string;
}

/** Somebody with a phone, whatever number and id they have at the moment. */
export interface Person extends FakeGuestIdentity {
  /** What their threads are kept under: the first id they had. */
  readonly key: string;
  /** Whether webhooks leave the phone out. */
  readonly hidesPhone: boolean;
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
  alter(key: string, change: Partial<Pick<Person, "username" | "hidesPhone">>): void;
  /**
   * Gives a person another number, and the id that WhatsApp gives with it; whoever had them before has them no more.
   * @returns who they are now
   */
  renumber(key: string, waId: string, bsuid?: string): Person;
  /** The numbers that a person has a thread with. */
  numbersOf(key: string): readonly string[];
  show(guest: Person, phoneNumberId: string, message: PhoneMessage): void;
  /** Raises the ticks of a message; statuses only rise on phones too. */
  tick(wamid: string, status: DeliveryStatus): void;
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
  const people = (saved?.guests ?? []).map(asPerson);
  const threads = [...(saved?.threads ?? [])];
  const usedIds = new Set(saved?.usedIds ?? []);

  const known = (address: string): Person | undefined =>
    people.find(({ waId, bsuid }) => waId === address || bsuid === address);
  const person = (key: string): Person => {
    const found = people.find((candidate) => candidate.key === key);
    if (found === undefined) throw new RangeError(`Nobody is known as ${key}.`);
    return found;
  };
  const set = (key: string, changed: Person): Person => {
    people[people.indexOf(person(key))] = changed;
    return changed;
  };
  const threadOf = ({ key }: Person, phoneNumberId: string): Thread => {
    const found = threads.find((thread) => thread.guest === key && thread.phoneNumberId === phoneNumberId);
    if (found !== undefined) return found;
    const thread: Thread = { guest: key, phoneNumberId, messages: [] };
    threads.push(thread);
    return thread;
  };
  const know = (identity: FakeGuestIdentity): Person => {
    const someone = asPerson(identity);
    const same = known(someone.key);
    if (same !== undefined) return set(same.key, { ...someone, key: same.key, hidesPhone: same.hidesPhone });
    // Somebody may have begun under this number or id and have another by now.
    let { key } = someone;
    for (let n = 2; people.some((other) => other.key === key); n++) key = `${someone.key} (${String(n)})`;
    people.push({ ...someone, key });
    return person(key);
  };
  /** The id that goes with a number: another one for each person who has the number after the other. */
  const newBsuid = (waId: string): string => {
    let bsuid = `US.${waId}`;
    for (let n = 2; usedIds.has(bsuid) || known(bsuid) !== undefined; n++) bsuid = `US.${waId}x${String(n)}`;
    return bsuid;
  };
  const replace = (wamid: string, change: (message: PhoneMessage) => PhoneMessage): void => {
    for (const { messages } of threads) {
      const index = messages.findIndex((message) => message.wamid === wamid);
      const message = messages[index];
      if (message !== undefined) messages[index] = change(message);
    }
  };

  return {
    know,
    person,
    replace,
    guest: (address) =>
      known(address) ??
      know(
        /^\d+$/.test(address)
          ? { waId: address, bsuid: newBsuid(address), name: `Guest ${address.slice(-4)}` }
          : { bsuid: address, name: `Guest ${address.slice(-4)}` },
      ),
    alter(key, change) {
      set(key, { ...person(key), ...change });
    },
    renumber(key, waId, given) {
      const before = person(key);
      // Whoever had no id before WhatsApp had them gets none either.
      const bsuid = given ?? (before.bsuid === undefined ? undefined : newBsuid(waId));
      for (const other of people) {
        const { waId: theirPhone, bsuid: theirId, ...rest } = other;
        if (theirPhone === waId || (theirId !== undefined && theirId === bsuid))
          set(other.key, {
            ...rest,
            ...(theirPhone !== undefined && theirPhone !== waId && { waId: theirPhone }),
            ...(theirId !== undefined && theirId !== bsuid && { bsuid: theirId }),
          });
      }
      if (before.bsuid !== undefined) usedIds.add(before.bsuid);
      return set(key, { ...before, waId, ...(bsuid !== undefined && { bsuid }) });
    },
    numbersOf: (key) =>
      threads
        .filter(({ guest, messages }) => guest === key && messages.length > 0)
        .map(({ phoneNumberId }) => phoneNumberId),
    show(guest, phoneNumberId, message) {
      threadOf(guest, phoneNumberId).messages.push(message);
    },
    tick(wamid, status) {
      replace(wamid, (message) => ({ ...message, status: joinStatus(message.status, status) }));
    },
    thread(address, phoneNumberId) {
      const guest = known(address);
      return guest === undefined ? [] : threadOf(guest, phoneNumberId).messages;
    },
    threadOf: (guest, phoneNumberId) => threadOf(guest, phoneNumberId).messages,
    find(wamid) {
      for (const { guest, phoneNumberId, messages } of threads) {
        const message = messages.find((candidate) => candidate.wamid === wamid);
        if (message !== undefined) return { message, holder: person(guest), phoneNumberId };
      }
      return null;
    },
    snapshot: () => ({ guests: people, threads, usedIds: [...usedIds] }),
  };
}

const asPerson = (identity: FakeGuestIdentity & Partial<Person>): Person => ({
  ...identity,
  key: identity.key ?? identity.bsuid ?? identity.waId ?? "",
  hidesPhone: identity.hidesPhone ?? false,
});

/** What webhooks tell of who somebody is. */
export const visible = ({ waId, bsuid, name, username, hidesPhone }: Person): FakeGuestIdentity => ({
  name,
  ...(waId !== undefined && !hidesPhone && { waId }),
  ...(bsuid !== undefined && { bsuid }),
  ...(username !== undefined && { username }),
});

/** What a message leaves behind when it is deleted for everybody. */
export const deleted = ({ wamid, from, status, at }: PhoneMessage): PhoneMessage => ({
  wamid,
  from,
  type: "deleted",
  status,
  at,
});
