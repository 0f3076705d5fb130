import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import { defineFlow, keyword, type MediaOptions, type PhotoAnswer } from "../../src/index.js";
import type { FakeGuest, GuestFile } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aPng } from "../support/files.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const passport: GuestFile = { kind: "image", bytes: aPng(), mimeType: "image/png" };
/** It says that it is a picture. */
const script: GuestFile = { kind: "image", bytes: Buffer.from("<script>alert(1)</script>"), mimeType: "image/png" };

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
      .say("done", "Thank you, we have read it.")
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
    await says(of, "we have read it");
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
    await says(of, "we have read it");
    expect(seen).toHaveLength(1);
  });

  test("asks again for what is none, and takes the next (S43, S45)", async () => {
    const { of, guest } = await begins({});
    await guest.sendsFile(GRAND_NUMBER, script);
    await says(of, "That is no photo.");
    expect(seen).toEqual([]);
    await guest.sendsFile(GRAND_NUMBER, passport);
    await says(of, "we have read it");
    expect(seen).toHaveLength(1);
  });

  test("takes it as it comes where the desk keeps no files", async () => {
    const { of, guest } = await begins(null);
    await guest.sendsFile(GRAND_NUMBER, passport);
    await says(of, "we have read it");
    expect(seen).toMatchObject([{ attachmentId: null, media: { type: "image" } }]);
  });
});
