import { expect, test } from "vitest";
import { hasWritten, spokenTo, type Called } from "../../src/decide/spelling.js";
import { newChat } from "../../src/domain/chat.js";
import type { Guest, Message } from "../../src/index.js";
import type { RecipientState } from "../../src/ports/work-storage.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const BOOKS = { kind: "waId", value: "5511987654321" } as const;
const METAS = { kind: "waId", value: "551187654321" } as const;

const nobody: RecipientState = {
  guest: null,
  chats: [],
  conversations: [],
  existing: null,
  consents: [],
  template: null,
};
const somebody = (
  id: string,
  to: typeof BOOKS | typeof METAS,
  { wrote = true, retired = false } = {},
): RecipientState => {
  const guest: Guest = {
    id,
    hotelId: "grand",
    name: null,
    username: null,
    mergedInto: null,
    addresses: [{ ...to, evidence: wrote ? "wha_1" : null, firstSeenAt: NOON, retiredAt: retired ? NOON : null }],
  };
  return { ...nobody, guest };
};
const called = (to: Called["to"], state: RecipientState): Called => ({ to, state });
const idOf = ({ state }: Called): string | undefined => state.guest?.id;

test("somebody who is in the books by one spelling is spoken to by the one in which they write", () => {
  const anna = called(METAS, somebody("anna", METAS));
  expect(spokenTo(called(BOOKS, nobody), [anna])).toBe(anna);
  // Whom the hotel wrote to by the books' spelling, and who has answered by the other.
  expect(spokenTo(called(BOOKS, somebody("silent", BOOKS, { wrote: false })), [anna])).toBe(anna);
});

test("who has other addresses as well, of which WhatsApp said nothing, is spoken to by theirs all the same", () => {
  const { guest, ...rest } = somebody("anna", METAS);
  const other = { kind: "bsuid", value: "BR.1", evidence: null, firstSeenAt: NOON, retiredAt: NOON } as const;
  const state = { ...rest, guest: { ...guest!, addresses: [...guest!.addresses, other] } };
  expect(hasWritten(state)).toBe(true);
  const anna = called(METAS, state);
  expect(spokenTo(called(BOOKS, nobody), [anna])).toBe(anna);
  // The phone is another's by now, and what is still hers is none of this phone's.
  const moved = { ...other, evidence: "wha_2", retiredAt: null };
  const gone = { ...guest!.addresses[0]!, retiredAt: NOON };
  const left = called(METAS, { ...rest, guest: { ...guest!, addresses: [gone, moved] } });
  expect(idOf(spokenTo(called(BOOKS, nobody), [left]))).toBeUndefined();
});

test("two who both write stay two, and so does whoever gave the number up", () => {
  const anna = called(METAS, somebody("anna", METAS));
  const ben = called(BOOKS, somebody("ben", BOOKS));
  expect(idOf(spokenTo(ben, [anna]))).toBe("ben");
  expect(idOf(spokenTo(anna, [ben]))).toBe("anna");
  const gone = called(METAS, somebody("gone", METAS, { retired: true }));
  expect(idOf(spokenTo(called(BOOKS, nobody), [gone]))).toBeUndefined();
  const moved = called(BOOKS, somebody("moved", BOOKS, { retired: true }));
  expect(idOf(spokenTo(moved, [anna])), "who has it answers that they moved").toBe("moved");
});

test("between two who might be meant nobody is chosen, nor one who never wrote", () => {
  const asked = called(BOOKS, nobody);
  expect(spokenTo(asked, [called(METAS, somebody("a", METAS)), called(METAS, somebody("b", METAS))])).toBe(asked);
  expect(spokenTo(asked, [called(METAS, somebody("silent", METAS, { wrote: false }))])).toBe(asked);
  expect(spokenTo(asked, [called(METAS, nobody)])).toBe(asked);
  expect(spokenTo(asked, [])).toBe(asked);
});

test("what was sent before is looked for where it went", () => {
  const sentTo = (guestId: string, state: RecipientState): RecipientState => ({
    ...state,
    existing: { message: { id: "msg_1" } as Message, guestId },
  });
  const silent = somebody("silent", BOOKS, { wrote: false });
  const anna = somebody("anna", METAS);
  const asked = (guestId: string) =>
    spokenTo(called(BOOKS, sentTo(guestId, silent)), [
      called(METAS, sentTo(guestId, nobody)),
      called(METAS, sentTo(guestId, anna)),
    ]);
  expect(idOf(asked("silent")), "before they answered").toBe("silent");
  expect(idOf(asked("anna"))).toBe("anna");
  expect(idOf(asked("another"))).toBe("silent");
});

test("who wrote without telling more than a phone that the hotel had has written all the same", () => {
  const state = somebody("silent", BOOKS, { wrote: false });
  const chat = newChat("grand", "200000000000001", "silent");
  expect(hasWritten({ ...state, chats: [chat] })).toBe(false);
  expect(hasWritten({ ...state, chats: [{ ...chat, lastInboundAt: NOON }] })).toBe(true);
});
