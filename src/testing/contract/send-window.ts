import assert from "node:assert/strict";
import type { Storage } from "../../ports/storage.js";
import { newChat } from "../../domain/chat.js";
import type { TemplateContent } from "../../domain/template.js";
import { aCommand, aConversation, anOutboundMessage, MINUTE_MS, sendWork, type GuestOfHotel } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  claimedSend,
  commit,
  FAILURE,
  merge,
  messageOf,
  nowOf,
  reasonsOf,
  settle,
  stored,
} from "./steps.js";

const FALLBACK: TemplateContent = { type: "template", name: "we_answered", language: "en" };

/** Staff answer a guest whose window closes after so long; the message is in the hands of somebody who sends it. */
async function sendingIn(storage: Storage, windowMs: number | null, guest?: GuestOfHotel) {
  const to = guest ?? (await aKnownGuest(storage));
  const closes = windowMs === null ? null : new Date((await nowOf(storage)).getTime() + windowMs);
  const conversation = aConversation("con_1", to, { lastSeq: 1 });
  const message = anOutboundMessage("msg_1", conversation, 1, { fallback: { content: FALLBACK, sent: false } });
  const chat = { ...newChat(to.hotelId, to.phoneNumberId, to.id), windowClosesAt: closes };
  const now = await stored(storage, conversation, [message], { chat, work: [sendWork(message, to)] });
  return { guest: to, conversation: now, message, ...(await claimedSend(storage)) };
}

export const sendWindowCases: readonly StorageCase[] = [
  {
    id: "send/intend-window",
    says: "A reply leaves while the guest's service window is open by the storage's own clock, and not in its last minute (F57, I14).",
    async run({ storage, shiftClock }) {
      const { lane, message } = await sendingIn(storage, 10 * MINUTE_MS);
      await storage.renew([lane], 60 * MINUTE_MS);
      await shiftClock(9 * MINUTE_MS);
      const ask = (as: "content" | "fallback") => storage.intend([{ lane, messageId: message.id, as }]);
      assert.deepEqual(await ask("content"), ["windowClosed"]);
      const kept = await messageOf(storage, message.id);
      assert.deepEqual([kept.status, reasonsOf(kept)], ["queued", []], "nothing was done");
    },
  },
  {
    id: "send/intend-window-open",
    says: "A reply leaves in an open window, and is no template then.",
    async run({ storage }) {
      const { lane, message } = await sendingIn(storage, 10 * MINUTE_MS);
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "content" }]), ["go"]);
      assert.deepEqual((await messageOf(storage, message.id)).fallback, { content: FALLBACK, sent: false });
    },
  },
  {
    id: "send/intend-window-never",
    says: "A guest who never wrote has no window; a template may go to them.",
    async run({ storage }) {
      const { lane, message } = await sendingIn(storage, null);
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "content" }]), ["windowClosed"]);
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "windowless" }]), ["go"]);
    },
  },
  {
    id: "send/intend-window-merged",
    says: "The window of guests who turned out to be one is that of the one who stayed.",
    async run({ storage }) {
      const stays = await aKnownGuest(storage, { waId: "12025550177" });
      const closes = new Date((await nowOf(storage)).getTime() + 10 * MINUTE_MS);
      const chat = { ...newChat(stays.hotelId, stays.phoneNumberId, stays.id), windowClosesAt: closes };
      await commit(storage, aCommand({ chat }));
      const { guest, lane, message } = await sendingIn(storage, null);
      await merge(storage, guest.id, stays.id);
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "content" }]), ["go"]);
    },
  },
  {
    id: "send/intend-fallback",
    says: "A reply that goes as the template it names is kept with both, and is known to have gone so whatever becomes of it.",
    async run({ storage }) {
      const sending = await sendingIn(storage, null);
      const { lane, message } = sending;
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "fallback" }]), ["go"]);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: 0 });
      const gone = await messageOf(storage, message.id);
      assert.deepEqual([gone.content, gone.fallback], [message.content, { content: FALLBACK, sent: true }]);
    },
  },
];
