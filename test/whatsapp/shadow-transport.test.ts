import { expect, test } from "vitest";
import { shadowTransport, type OutgoingMessage, type Transport } from "../../src/index.js";

const message: OutgoingMessage = {
  number: { phoneNumberId: "200000000000001", accessToken: "any" },
  to: { kind: "waId", value: "12025550101" },
  content: { type: "text", text: "Hello" },
  correlationId: "msg_1",
  quotedWamid: null,
  identityKeyHash: null,
};
/** What a desk must never reach in the shadow; it throws. */
const loud = (): never => {
  throw new Error("Something left the house.");
};

test("a desk in the shadow says nothing: no message, no file, no blue tick", async () => {
  const heard: OutgoingMessage[] = [];
  const reads: Transport = { send: loud, uploadMedia: loud, markRead: loud };
  const shadow = shadowTransport({ reads, onSend: (it) => void heard.push(it) });
  expect(await shadow.send(message)).toEqual({ outcome: "accepted", wamid: "shadow.msg_1" });
  expect(heard).toEqual([message]);
  const file = { number: message.number, mimeType: "image/png", sizeBytes: 3, read: loud };
  expect(await shadow.uploadMedia!(file)).toMatchObject({ outcome: "uploaded" });
  expect(await shadow.markRead!({ number: message.number, wamid: "wamid.1", typing: true })).toEqual({
    outcome: "marked",
  });
});

test("it reads as the transport does that it is given, and nothing without one", async () => {
  const read: string[] = [];
  const reads: Transport = {
    send: loud,
    close() {
      read.push(this === reads ? "close" : "unbound");
      return Promise.resolve();
    },
  };
  await shadowTransport({ reads, onSend: loud }).close!();
  expect(read).toEqual(["close"]);
  expect(shadowTransport({ onSend: loud })).toEqual({
    send: expect.any(Function) as unknown,
    uploadMedia: expect.any(Function) as unknown,
    markRead: expect.any(Function) as unknown,
  });
});

test("whoever compares and fails makes no message one of unknown fate", async () => {
  const shadow = shadowTransport({ onSend: loud });
  expect(await shadow.send(message)).toMatchObject({
    outcome: "rejected",
    retry: null,
    failure: { code: "shadow_untold" },
  });
});
