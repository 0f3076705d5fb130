import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import { defineFlow, keyword, type MediaOptions, type MediaStore, type PhotoAnswer } from "../../src/index.js";
import type { FakeGuest, GuestFile } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aPng } from "../support/files.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const passport: GuestFile = { kind: "image", bytes: aPng(), mimeType: "image/png" };
const back: GuestFile = { ...passport, bytes: aPng(2) };
const third: GuestFile = { ...passport, bytes: aPng(3) };
/** It says that it is a picture. */
const script: GuestFile = { kind: "image", bytes: Buffer.from("<script>alert(1)</script>"), mimeType: "image/png" };

const flowOf = async (of: SendingHotel): Promise<string> =>
  (await of.staff().conversations({ limit: 10 })).items.find(({ mode }) => mode === "flow")?.id ?? "";

describe.each(STORAGES)("a flow that asks for a photo, on %s", (_, open) => {
  let tempDir: string;
  let hotel: SendingHotel | null = null;
  let seen: PhotoAnswer[] = [];

  beforeEach(async () => {
    seen = [];
    tempDir = await mkdtemp(join(tmpdir(), "belldesk-test-"));
  });
  afterEach(async () => {
    await hotel?.close();
    hotel = null;
    await rm(tempDir, { recursive: true, force: true });
  });

  async function begins(media: Partial<MediaOptions> | null): Promise<{ of: SendingHotel; guest: FakeGuest }> {
    const checkIn = defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in")] })
      .photo("passport", {
        text: "A photo of your passport, please.",
        invalid: "That is no photo.",
        purpose: "identity",
      })
      .perform("read", ({ answers }) => {
        seen.push(answers.passport);
      })
      .choose("right", { text: "We have read it. Are you two?", options: { yes: "Yes", no: "No" } })
      .say("done", "Thank you.")
      .build();
    const of = await aSendingHotel(open, {
      flows: [checkIn],
      ...(media && { media: { store: memoryMediaStore(), tempDir, retryBaseMs: 10, retryCapMs: 40, ...media } }),
    });
    hotel = of;
    const guest = of.guest("12025550101");
    await guest.says(GRAND_NUMBER, "check in");
    await says(of, "passport, please");
    return { of, guest };
  }

  const says = (of: SendingHotel, words: string) =>
    eventually(`WhatsApp has taken "${words}"`, () =>
      Promise.resolve(of.fake.accepted.some((sent) => JSON.stringify(sent).includes(words))),
    );

  test("goes on when it was looked into, and whoever is called can open it (S16, S43)", async () => {
    const { of, guest } = await begins({});
    await guest.sendsFile(GRAND_NUMBER, passport);
    await says(of, "We have read it");
    expect(seen).toHaveLength(1);
    const attachment = await of.staff().attachment(seen[0]?.attachmentId ?? "");
    expect(attachment).toMatchObject({ state: "stored", purpose: "identity" });
    expect(attachment.forgetAt).not.toBeNull();
  });

  test("waits for WhatsApp to hand it over, and hears no word of the guest's as an answer meanwhile (S16)", async () => {
    const { of, guest } = await begins({ attempts: 100 });
    let asked = 0;
    const isFile = ({ what }: { readonly what: string }): boolean => what === "download" && ++asked > 0;
    const heals = of.fake.failWhen(isFile, { kind: "error", status: 503, code: 131016 });
    await guest.sendsFile(GRAND_NUMBER, passport);
    await guest.says(GRAND_NUMBER, "did you get it?");
    await eventually("WhatsApp was asked some times", () => Promise.resolve(asked > 2));
    expect(seen).toEqual([]);
    heals();
    await says(of, "We have read it");
    expect(seen).toHaveLength(1);
  });

  test("asks again for what is none, and takes the next (S43, S45)", async () => {
    const { of, guest } = await begins({});
    await guest.sendsFile(GRAND_NUMBER, script);
    await says(of, "That is no photo.");
    expect(seen).toEqual([]);
    await guest.sendsFile(GRAND_NUMBER, passport);
    await says(of, "We have read it");
    expect(seen).toHaveLength(1);
  });

  /** Of the first conversation of a flow, the files that its guest sent, as they are. */
  const filesOf = async (of: SendingHotel) => {
    const { items } = await of.staff().conversations({ limit: 10 });
    const talk = items.find(({ mode }) => mode === "flow");
    const { items: messages } = await of.staff().messages(talk?.id ?? "", { limit: 100 });
    const files = messages.flatMap(({ attachment }) => (attachment === undefined ? [] : [attachment.id]));
    return Promise.all(files.reverse().map((id) => of.staff().attachment(id)));
  };
  const keptIn = async (store: MediaStore): Promise<number> =>
    (await store.list({ after: null, limit: 100 })).items.length;
  /** All files of the flow were forgotten, and so are their bytes. */
  const forgotten = (of: SendingHotel, store: MediaStore, count: number) =>
    eventually("nothing is kept of what was sent", async () => {
      const files = await filesOf(of);
      const isGone = files.length === count && files.every(({ state }) => state === "discarded");
      return isGone && (await keptIn(store)) === 0;
    });

  test("that has two sides, sent at once: both are kept for no longer than it takes, and nothing of them after the flow (S16, M19)", async () => {
    const store = memoryMediaStore();
    const { of, guest } = await begins({ store });
    await Promise.all([guest.sendsFile(GRAND_NUMBER, passport), guest.sendsFile(GRAND_NUMBER, back)]);
    await says(of, "Are you two");
    const both = await eventually("both sides are there", async () => {
      const files = await filesOf(of);
      return files.length === 2 && files.every(({ state }) => state === "stored") && files;
    });
    for (const file of both) {
      expect(file).toMatchObject({ purpose: "identity" });
      expect(file.forgetAt).not.toBeNull();
    }
    // Another comes when something else is asked already.
    await guest.sendsFile(GRAND_NUMBER, third);
    await says(of, "Sorry, I did not understand that.");
    await guest.says(GRAND_NUMBER, "yes");
    await says(of, "Thank you.");
    await forgotten(of, store, 3);
    const { items: entries } = await of.staff().audit({ hotel: "grand", limit: 100 });
    const proofs = entries.filter(({ action }) => action === "attachment.forget");
    expect(proofs.map(({ reason }) => reason)).toEqual(["used", "used", "used"]);
  });

  test("that is followed by one of something else: the document is forgotten at the end, the other is not", async () => {
    const store = memoryMediaStore();
    const flow = defineFlow({ id: "damage", version: 1, triggers: [keyword("damage")] })
      .photo("passport", { text: "A photo of your passport, please.", purpose: "identity" })
      .photo("lamp", { text: "And of the lamp?" })
      .say("done", "Thank you.")
      .build();
    const of = await aSendingHotel(open, {
      flows: [flow],
      media: { store, tempDir, retryBaseMs: 10, retryCapMs: 40 },
    });
    hotel = of;
    const guest = of.guest("12025550101");
    await guest.says(GRAND_NUMBER, "damage");
    await says(of, "passport, please");
    await guest.sendsFile(GRAND_NUMBER, passport);
    await says(of, "And of the lamp?");
    await guest.sendsFile(GRAND_NUMBER, back);
    await says(of, "Thank you.");
    const files = await eventually("the passport is forgotten", async () => {
      const all = await filesOf(of);
      return all.length === 2 && all[0]?.state === "discarded" && all;
    });
    expect(files[1]).toMatchObject({ state: "stored", purpose: null });
    expect(await keptIn(store)).toBe(1);
  });

  test.each([
    [
      "who stops",
      (of: SendingHotel, guest: FakeGuest) => guest.says(GRAND_NUMBER, "cancel").then(() => says(of, "we stop")),
    ],
    [
      "who asks for a person",
      (of: SendingHotel, guest: FakeGuest) =>
        guest.says(GRAND_NUMBER, "human").then(() => says(of, "One of us will be with you")),
    ],
    ["who is stopped by staff", (of: SendingHotel) => flowOf(of).then((id) => of.staff().stopFlow(id))],
    ["whose conversation staff close", (of: SendingHotel) => flowOf(of).then((id) => of.staff().close(id))],
  ] as const)("of a guest %s before it was looked into is not kept either (M19)", async (_, leaves) => {
    const store = memoryMediaStore();
    const { of, guest } = await begins({ store, attempts: 100 });
    let asked = 0;
    const isFile = ({ what }: { readonly what: string }): boolean => what === "download" && ++asked > 0;
    const heals = of.fake.failWhen(isFile, { kind: "error", status: 503, code: 131016 });
    await guest.sendsFile(GRAND_NUMBER, passport);
    await eventually("WhatsApp was asked for it", () => Promise.resolve(asked > 0));
    await leaves(of, guest);
    heals();
    await forgotten(of, store, 1);
    expect(seen).toEqual([]);
  });

  test("takes it as it comes where the desk keeps no files", async () => {
    const { of, guest } = await begins(null);
    await guest.sendsFile(GRAND_NUMBER, passport);
    await says(of, "We have read it");
    expect(seen).toMatchObject([{ attachmentId: null, media: { type: "image" } }]);
  });
});
