import { joinStatus, type DeliveryStatus } from "../domain/delivery-status.js";

/** A person with WhatsApp: a phone's digits, a business-scoped id, or both. */
export interface FakeGuestIdentity {
  readonly waId?: string;
  readonly bsuid?: string;
  readonly name: string;
}

/** One bubble on a guest's phone. */
export interface PhoneMessage {
  readonly wamid: string;
  readonly from: "guest" | "hotel";
  readonly type: string;
  readonly text?: string;
  /** What can be tapped, in the order shown. */
  readonly options?: readonly { readonly id: string; readonly title: string; readonly description?: string }[];
  /** What opens a list of options; buttons have none. */
  readonly button?: string;
  /** wamid of the message it quotes. */
  readonly quotes?: string;
  /** Its ticks. */
  readonly status: DeliveryStatus;
  readonly at: string;
}

/** Everything that phones show, as plain JSON. */
export interface PhonesSnapshot {
  readonly guests: readonly FakeGuestIdentity[];
  readonly threads: readonly Thread[];
}

interface Thread {
  readonly guest: string;
  readonly phoneNumberId: string;
  readonly messages: PhoneMessage[];
}

/** What every guest's phone shows: one thread for each of a guest's chats with a number. No network, no clock of its own. */
export interface Phones {
  /** The guest whom an address means; a new one when nobody has it. */
  guest(address: string, name?: string): FakeGuestIdentity;
  know(identity: FakeGuestIdentity): FakeGuestIdentity;
  show(guest: FakeGuestIdentity, phoneNumberId: string, message: PhoneMessage): void;
  /** Raises the ticks of a message; statuses only rise on phones too. */
  tick(wamid: string, status: DeliveryStatus): void;
  thread(address: string, phoneNumberId: string): readonly PhoneMessage[];
  find(wamid: string): PhoneMessage | undefined;
  snapshot(): PhonesSnapshot;
}

/** @param saved what `snapshot()` gave before */
export function phones(saved: PhonesSnapshot | null): Phones {
  const guests = [...(saved?.guests ?? [])];
  const threads = [...(saved?.threads ?? [])];

  const known = (address: string): FakeGuestIdentity | undefined =>
    guests.find(({ waId, bsuid }) => waId === address || bsuid === address);
  const keyOf = ({ bsuid, waId }: FakeGuestIdentity): string => bsuid ?? waId ?? "";
  const threadOf = (guest: FakeGuestIdentity, phoneNumberId: string): Thread => {
    const found = threads.find((thread) => thread.guest === keyOf(guest) && thread.phoneNumberId === phoneNumberId);
    if (found !== undefined) return found;
    const thread: Thread = { guest: keyOf(guest), phoneNumberId, messages: [] };
    threads.push(thread);
    return thread;
  };
  const know = (identity: FakeGuestIdentity): FakeGuestIdentity => {
    guests.push(identity);
    return identity;
  };

  return {
    know,
    guest: (address, name) =>
      known(address) ??
      know(
        /^\d+$/.test(address)
          ? { waId: address, bsuid: `US.${address}`, name: name ?? `Guest ${address.slice(-4)}` }
          : { bsuid: address, name: name ?? `Guest ${address.slice(-4)}` },
      ),
    show(guest, phoneNumberId, message) {
      threadOf(guest, phoneNumberId).messages.push(message);
    },
    tick(wamid, status) {
      for (const { messages } of threads) {
        const index = messages.findIndex((message) => message.wamid === wamid);
        const message = messages[index];
        if (message !== undefined) messages[index] = { ...message, status: joinStatus(message.status, status) };
      }
    },
    thread(address, phoneNumberId) {
      const guest = known(address);
      return guest === undefined ? [] : threadOf(guest, phoneNumberId).messages;
    },
    find: (wamid) => threads.flatMap(({ messages }) => messages).find((message) => message.wamid === wamid),
    snapshot: () => ({ guests, threads }),
  };
}
