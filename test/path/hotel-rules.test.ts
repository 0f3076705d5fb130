import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import { completeHotel, ConversationError, type HotelOptions } from "../../src/index.js";
import { admin, eventually, GRAND_NUMBER, hotels } from "../harness/hotel.js";
import { aPdf, aPng } from "../support/files.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { aHotel, STORAGES, type Hotel } from "./stories.js";

const DAY_MS = 86_400_000;

describe.each(STORAGES)("a hotel with rules of its own on %s", (_, open) => {
  let tempDir: string;
  const ends: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    tempDir = await mkdtemp(join(tmpdir(), "belldesk-test-"));
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await rm(tempDir, { recursive: true, force: true });
  });

  async function begins(own: NonNullable<HotelOptions["media"]>): Promise<SendingHotel> {
    const of = await aSendingHotel(open, {
      hotel: { media: own },
      media: { store: memoryMediaStore(), tempDir, quotas: { guestBytes: 1_000_000 } },
    });
    ends.push(() => of.close());
    return of;
  }

  const becomes = async (of: SendingHotel, file: { readonly kind: "image" | "document"; readonly bytes: Buffer }) => {
    const mimeType = file.kind === "image" ? "image/png" : "application/pdf";
    const wamid = await of.guest("12025550101").sendsFile(GRAND_NUMBER, { ...file, mimeType });
    return eventually("it is known what became of the file", async () => {
      const [talk] = (await of.staff().conversations({ limit: 1 })).items;
      if (talk === undefined) return false;
      const message = (await of.staff().messages(talk.id)).items.find((one) => one.wamid === wamid);
      const { state, reason, forgetAt } = message?.attachment ?? {};
      return state !== undefined && state !== "pending" && { state, reason, forgetAt };
    });
  };

  test("takes pictures and no documents, from guests and from staff (S44, S88)", async () => {
    const of = await begins({ types: ["image/png"] });
    expect(await becomes(of, { kind: "image", bytes: aPng() })).toMatchObject({ state: "stored" });
    expect(await becomes(of, { kind: "document", bytes: aPdf() })).toMatchObject({
      state: "refused",
      reason: "type_not_allowed",
    });
    const [talk] = (await of.staff().conversations({ limit: 1 })).items;
    const added = of.staff().addFile(talk!.id, {
      kind: "document",
      contentType: "application/pdf",
      fileName: "bill.pdf",
      bytes: (async function* () {
        yield await Promise.resolve(aPdf());
      })(),
    });
    await expect(added).rejects.toMatchObject({ details: { reason: "type_not_allowed" } });
  });

  test("takes smaller files than the desk does (S88)", async () => {
    const of = await begins({ limits: { image: aPng().length - 1 } });
    expect(await becomes(of, { kind: "image", bytes: aPng() })).toMatchObject({
      state: "refused",
      reason: "too_large",
    });
  });

  test("has less room for a guest's files, and forgets them sooner (S88)", async () => {
    const roomy = await begins({ retention: { default: 7 } });
    const { forgetAt } = await becomes(roomy, { kind: "image", bytes: aPng() });
    expect(forgetAt).toBeInstanceOf(Date);
    const narrow = await begins({ quotas: { guestBytes: 1 } });
    expect(await becomes(narrow, { kind: "image", bytes: aPng() })).toMatchObject({ state: "refused" });
  });

  test("keeps closed conversations for as long as its country's law wants, and its neighbour as the desk says (S67, S88)", async () => {
    const { storage, pass, end } = await open();
    ends.push(end);
    const [grand, seaside] = hotels;
    const retention = { everyMs: 100, pruneMs: 100, conversations: 30 };
    const of: Hotel = await aHotel(storage, [{ ...grand!, retention: { conversations: null } }, seaside!], {
      retention,
    });
    ends.push(of.stop);
    const lawful = await of.shows(await of.writes({ phone: "12025550101" }, "I leave"));
    const staff = of.desk.as(admin);
    await staff.close(lawful.conversation.id);
    await of.settled();
    await pass(400 * DAY_MS);
    await eventually("by the desk's own age it would go", async () => {
      const { counts } = await staff.prune({ conversations: 30 }, { dryRun: true });
      return counts["conversations"] === 1;
    });
    // Several looks at what is old later it is still there.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await staff.conversations({ limit: 10 })).items).toHaveLength(1);
    await of.stop();
    const neighbour = await aHotel(storage, hotels, { retention });
    ends.push(neighbour.stop);
    await eventually("the desk's own age counts", async () => {
      const { items } = await neighbour.desk.as(admin).conversations({ limit: 10 });
      return items.length === 0;
    });
  });
});

test("rules that cannot be are told at start, each with its place (S88)", () => {
  const issues = (own: object): readonly string[] => {
    try {
      completeHotel({ ...hotels[0]!, ...own });
      return [];
    } catch (error) {
      if (!ConversationError.is(error)) throw error;
      return (error.details["issues"] as unknown as readonly { path: string }[]).map(({ path }) => path);
    }
  };
  expect(
    issues({ media: { types: ["image/png"], quotas: { guestBytes: null } }, retention: { events: null } }),
  ).toEqual([]);
  expect(
    issues({
      media: {
        types: ["image/tiff"],
        limits: { image: 99_000_000 },
        quotas: { guestBytes: -1 },
        retention: { default: "soon" },
      },
      retention: { conversations: 0, dedupKeys: 30 },
    }),
  ).toEqual([
    "media.limits.image",
    "media.types.0",
    "media.quotas.guestBytes",
    "media.retention.default",
    "retention.conversations",
    "retention",
  ]);
});
