import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import { checkIn, type IdPhoto } from "../../src/flows/index.js";
import { ConversationError } from "../../src/index.js";
import type { FakeGuest, GuestFile } from "../../src/testing/index.js";
import { aReservation, smallPms } from "../flows/hotel.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aPng } from "../support/files.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES, type Stored } from "./stories.js";

const passport: GuestFile = { kind: "image", bytes: aPng(), mimeType: "image/png" };

describe.each(STORAGES)("a guest who checks in with a photo of their passport, on %s", (_, open) => {
  let tempDir: string;
  let hotel: SendingHotel | null = null;

  beforeEach(async () => {
    tempDir = await mkdtemp(join(tmpdir(), "belldesk-test-"));
  });
  afterEach(async () => {
    await hotel?.close();
    hotel = null;
    await rm(tempDir, { recursive: true, force: true });
  });

  async function begins(
    verify: (photo: IdPhoto, bytes: Buffer, time: number) => Promise<boolean>,
    opened: typeof open = open,
  ) {
    const parents = { reservationId: "res-2", number: "CD-5678", name: "Maria Bianchi" };
    const own = smallPms([aReservation(), aReservation(parents)]);
    const store = memoryMediaStore();
    let times = 0;
    const flow = checkIn({
      pms: own.pms,
      identity: () => "photo",
      async verify(photo) {
        const pieces: Uint8Array[] = [];
        for await (const piece of photo.bytes) pieces.push(piece);
        return (await verify(photo, Buffer.concat(pieces), ++times))
          ? { readable: true, fields: { country: "IT" } }
          : { readable: false };
      },
    });
    const of = await aSendingHotel(opened, {
      flows: [flow],
      media: { store, tempDir, retryBaseMs: 10, retryCapMs: 40, retention: { identity: "discard" } },
    });
    hotel = of;
    const guest = of.guest("12025550101");
    const said = (words: string, count = 1) =>
      eventually(`WhatsApp has taken "${words}"`, () =>
        Promise.resolve(of.fake.accepted.filter((sent) => JSON.stringify(sent).includes(words)).length >= count),
      );
    const talks = async (talking: FakeGuest, lines: readonly (readonly [string, string])[]) => {
      for (const [says, answer] of lines) {
        await talking.says(GRAND_NUMBER, says);
        await said(answer);
      }
    };
    await talks(guest, [
      ["check in", "booking number"],
      ["AB-1234", "family name"],
      ["Rossi", "Is that right?"],
      ["Yes", "photo of your passport"],
    ]);
    return { of, guest, said, talks, store, ...own };
  }

  const filesIn = async (store: ReturnType<typeof memoryMediaStore>): Promise<number> =>
    (await store.list({ after: null, limit: 100 })).items.length;

  test("is known by it, and of it nothing is left but the proof that it was looked at (S43, M19)", async () => {
    const seen: string[] = [];
    const { of, guest, said, talks, store, checkIns } = await begins((photo, bytes) => {
      seen.push(`${photo.mimeType} ${photo.reservation.number} ${String(bytes.equals(passport.bytes))}`);
      return Promise.resolve(true);
    });
    await guest.sendsFile(GRAND_NUMBER, passport);
    await said("At about what time");
    await talks(guest, [
      ["at six", "prepare for you"],
      ["skip", "document checked"],
      ["Check in", "Your room is 12"],
    ]);
    expect(seen).toEqual(["image/png AB-1234 true"]);
    expect(checkIns).toMatchObject([{ identity: { how: "photo", fields: { country: "IT" } } }]);
    const [{ identity } = { identity: null }] = checkIns;
    const id = identity?.how === "photo" ? (identity.attachmentId ?? "") : "";
    expect(await of.staff().attachment(id)).toMatchObject({ state: "discarded", file: null, purpose: "identity" });
    await expect(of.staff().openAttachment(id)).rejects.toMatchObject({ code: "attachment_not_there" });
    expect(await filesIn(store)).toBe(0);
    const { items } = await of.staff().audit({ hotel: "grand", limit: 100 });
    expect(items.filter(({ target }) => target.id === id)).toMatchObject([
      { action: "attachment.discard", reason: "identity_verified", actor: { kind: "system", id: "flow:check-in" } },
    ]);
  });

  test("and turns to another booking shows the document of who comes there: what was seen for the first is told of nobody (M19)", async () => {
    const seen: string[] = [];
    const { guest, said, talks, store, checkIns } = await begins((photo) => {
      seen.push(photo.reservation.number);
      return Promise.resolve(true);
    });
    await guest.sendsFile(GRAND_NUMBER, passport);
    await said("At about what time");
    await talks(guest, [
      ["at six", "prepare for you"],
      ["skip", "document checked"],
      ["Change something", "What would you like to change?"],
    ]);
    for (const [says, answer] of [
      ["The booking", "booking number"],
      ["CD-5678", "family name"],
      ["Bianchi", "Is that right?"],
      ["Yes", "photo of your passport"],
    ] as const) {
      await guest.says(GRAND_NUMBER, says);
      await said(answer, 2);
    }
    await guest.sendsFile(GRAND_NUMBER, passport);
    await said("At about what time", 2);
    await guest.says(GRAND_NUMBER, "at nine");
    await said("prepare for you", 2);
    await guest.says(GRAND_NUMBER, "skip");
    await said("document checked", 2);
    await talks(guest, [["Check in", "Your room is 12"]]);
    expect(seen).toEqual(["AB-1234", "CD-5678"]);
    expect(checkIns).toMatchObject([{ arrival: "at nine", identity: { how: "photo" } }]);
    expect(await filesIn(store)).toBe(0);
  });

  test("is asked nothing again when the process dies after the photo is forgotten and before that is kept, and the proof is there once", async () => {
    let dies = false;
    let deaths = 0;
    /** Once the photo is forgotten, the next commits are never made: as of a process that was killed there. */
    const killed = async (): Promise<Stored> => {
      const stored = await open();
      const storage = new Proxy(stored.storage, {
        get(target, verb) {
          const value: unknown = Reflect.get(target, verb, target);
          if (typeof value !== "function") return value;
          return (...args: unknown[]): unknown => {
            if (verb === "commit" && dies && deaths < 3) {
              deaths += 1;
              return Promise.reject(new ConversationError("storage_unavailable"));
            }
            if (verb === "changeAttachment" && (args[0] as { forgetMs: number | null }).forgetMs === 0) dies = true;
            return (value as (...all: unknown[]) => unknown).apply(target, args);
          };
        },
      });
      return { ...stored, storage };
    };
    const { of, guest, said, talks, store, checkIns } = await begins(() => Promise.resolve(true), killed);
    await guest.sendsFile(GRAND_NUMBER, passport);
    await said("At about what time");
    expect(deaths).toBe(3);
    await talks(guest, [
      ["at six", "prepare for you"],
      ["skip", "document checked"],
      ["Check in", "Your room is 12"],
    ]);
    expect(checkIns).toHaveLength(1);
    expect(await filesIn(store)).toBe(0);
    const { items } = await of.staff().audit({ hotel: "grand", limit: 100 });
    expect(items.filter(({ action }) => action === "attachment.discard")).toMatchObject([
      { reason: "identity_verified" },
    ]);
  });

  test("is asked once more for one that cannot be read, then shows it at reception; no photo stays, whatever fails on the way", async () => {
    const { guest, said, talks, store, checkIns } = await begins((_photo, _bytes, time) =>
      time === 1 ? Promise.reject(new Error("the service is away")) : Promise.resolve(false),
    );
    await guest.sendsFile(GRAND_NUMBER, passport);
    await said("I cannot read that photo");
    expect(await filesIn(store)).toBe(0);
    await guest.sendsFile(GRAND_NUMBER, passport);
    await said("show your document at reception");
    await talks(guest, [
      ["at six", "prepare for you"],
      ["skip", "document at reception"],
      ["Check in", "Your room is 12"],
    ]);
    expect(checkIns).toMatchObject([{ identity: { how: "desk" } }]);
    expect(await filesIn(store)).toBe(0);
  });
});
