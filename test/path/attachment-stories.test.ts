import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import {
  ConversationError,
  defineFlow,
  deskHandler,
  keyword,
  type ConversationManagerOptions,
  type GuestPrincipal,
  type MediaOptions,
  type MediaScanner,
  type MediaStore,
  type Principal,
  type ShownMessage,
} from "../../src/index.js";
import type { FakeGuest, GuestFile } from "../../src/testing/index.js";
import { admin, eventually, GRAND_NUMBER, manager, receptionist } from "../harness/hotel.js";
import { aPdf, aPng } from "../support/files.js";
import { aSendingHotel, HOUR_MS, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const photo = (seed = 0, fields: Partial<GuestFile> = {}): GuestFile => ({
  kind: "image",
  bytes: aPng(seed),
  mimeType: "image/png",
  caption: "Our passport",
  ...fields,
});

const codeOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "done",
    (error: unknown) =>
      ConversationError.is(error)
        ? `${error.code} ${(error.details["reason"] as string | undefined) ?? ""}`.trim()
        : String(error),
  );

async function read(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* inPieces(bytes: Buffer, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe.each(STORAGES)("files on %s", (_, open) => {
  let tempDir: string;
  let store: MediaStore;
  let hotel: SendingHotel | null = null;

  beforeEach(async () => {
    tempDir = await mkdtemp(join(tmpdir(), "belldesk-test-"));
    store = memoryMediaStore();
  });
  afterEach(async () => {
    await hotel?.close();
    hotel = null;
    await rm(tempDir, { recursive: true, force: true });
  });

  async function begins(
    media: Partial<MediaOptions> = {},
    flows: ConversationManagerOptions["flows"] = [],
  ): Promise<SendingHotel> {
    const opened = await aSendingHotel(open, {
      flows,
      media: { store, tempDir, retryBaseMs: 10, retryCapMs: 40, ...media },
    });
    hotel = opened;
    return opened;
  }

  /** A guest sends a file, and staff see the message. */
  async function sends(of: SendingHotel, guest: FakeGuest, file: GuestFile): Promise<ShownMessage> {
    const wamid = await guest.sendsFile(GRAND_NUMBER, file);
    return eventually("staff see the message", () => messageOf(of, (one) => one.wamid === wamid));
  }

  async function messageOf(of: SendingHotel, is: (message: ShownMessage) => boolean): Promise<ShownMessage | null> {
    for (const { id } of (await of.staff().conversations({ limit: 100 })).items) {
      const found = (await of.staff().messages(id, { limit: 100 })).items.find(is);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** What became of a message's file, once that is known. */
  const ends = (of: SendingHotel, { id }: ShownMessage) =>
    eventually("it is known what became of the file", async () => {
      const message = await messageOf(of, (one) => one.id === id);
      const { attachment } = message ?? {};
      return attachment !== undefined && attachment.state !== "pending" && attachment;
    });

  /** Nothing is left on its way, and the store holds what the rows name and nothing else. */
  async function isTidy(files: number): Promise<void> {
    const left = await readdir(tempDir, { recursive: true });
    expect(left.filter((name) => name.includes("/"))).toEqual([]);
    const { items } = await store.list({ after: null, limit: 1_000 });
    expect(items).toHaveLength(files);
  }

  const asked = async (of: SendingHotel, as: Principal | null, path: string, init: RequestInit = {}) => {
    const handler = deskHandler(of.desk, { authenticate: () => as });
    const answer = await handler(new Request(`http://host${path}`, init));
    if (answer === null) throw new Error("It is no route.");
    return answer;
  };

  test("photos go on coming where somebody clears away the system's temporary files under a desk that runs (F65)", async () => {
    const of = await begins();
    const guest = of.guest("12025550101");
    expect((await ends(of, await sends(of, guest, photo()))).state).toBe("stored");
    await rm(tempDir, { recursive: true, force: true });
    expect((await ends(of, await sends(of, guest, { ...photo(), bytes: aPng(2) }))).state).toBe("stored");
    await isTidy(2);
  });

  test("a guest's photo is seen as a message at once, and as a picture when it has come (S16, S72)", async () => {
    const of = await begins();
    const guest = of.guest("12025550101");
    const message = await sends(of, guest, photo());
    expect(message.content).toMatchObject({ type: "image", text: "Our passport" });
    const attachment = await ends(of, message);
    expect(attachment).toMatchObject({
      state: "stored",
      reason: null,
      kind: "image",
      file: { mimeType: "image/png", sizeBytes: aPng().length, width: 8, height: 8, thumbnailId: null },
    });
    const opened = await of.staff().openAttachment(attachment.id);
    expect(await read(opened.bytes)).toEqual(aPng());
    await eventually("it is told", () => Promise.resolve(of.heard.some((body) => body.type === "message.attachment")));
    await isTidy(1);
  });

  test("WhatsApp that fails first is asked again: one message, and its file in the end (S16)", async () => {
    const of = await begins();
    const heals = of.fake.failWhen(({ what }) => what === "download", { kind: "error", status: 503, code: 131016 });
    const message = await sends(of, of.guest("12025550101"), photo());
    expect((await messageOf(of, (one) => one.id === message.id))?.attachment?.state).toBe("pending");
    heals();
    expect((await ends(of, message)).state).toBe("stored");
    const { items } = await of.staff().messages(message.conversationId);
    expect(items.filter(({ direction }) => direction === "inbound")).toHaveLength(1);
    await isTidy(1);
  });

  test("what cannot be fetched for a day is given up, and the guest's words stand (S16)", async () => {
    const of = await begins({ attempts: 3 });
    let tried = 0;
    of.fake.failWhen(({ what }) => what === "download" && (tried += 1) > 0, {
      kind: "error",
      status: 503,
      code: 131016,
    });
    const message = await sends(of, of.guest("12025550101"), photo());
    await eventually("it was tried often", () => Promise.resolve(tried > 5));
    expect((await messageOf(of, (one) => one.id === message.id))?.attachment?.state).toBe("pending");
    await of.pass(25 * HOUR_MS);
    expect(await ends(of, message)).toMatchObject({ state: "unavailable", reason: "not_fetched", file: null });
    expect(await messageOf(of, (one) => one.id === message.id)).toMatchObject({ content: { text: "Our passport" } });
    await isTidy(0);
  });

  test("a file that WhatsApp no longer has is unavailable, and the guest's words stand (F64)", async () => {
    const of = await begins();
    of.fake.failWhen(({ what }) => what === "media", { kind: "error", code: 100 });
    const message = await sends(of, of.guest("12025550101"), photo());
    expect(await ends(of, message)).toMatchObject({ state: "unavailable", reason: "gone" });
  });

  test("a page that is said to be a picture is refused, and nobody opens it (S43, T40)", async () => {
    const of = await begins();
    const bytes = Buffer.from("<html><script>alert(1)</script></html>");
    const message = await sends(of, of.guest("12025550101"), photo(0, { bytes, mimeType: "image/jpeg" }));
    const attachment = await ends(of, message);
    expect(attachment).toMatchObject({ state: "refused", reason: "markup", file: null });
    expect(await codeOf(of.staff().openAttachment(attachment.id))).toBe("attachment_not_there markup");
    await isTidy(0);
  });

  test("a file above the hotel's limit is not even read to its end (S44, S45)", async () => {
    const of = await begins({ limits: { image: 60 } });
    const attachment = await ends(of, await sends(of, of.guest("12025550101"), photo()));
    expect(attachment).toMatchObject({ state: "refused", reason: "too_large" });
    await isTidy(0);
  });

  test("the same picture of two guests is one file, and each has theirs (S46, F66)", async () => {
    const of = await begins();
    const [one, other] = [of.guest("12025550101"), of.guest("12025550102")];
    const messages = await Promise.all([sends(of, one, photo()), sends(of, other, photo())]);
    const [first, second] = await Promise.all(messages.map((message) => ends(of, message)));
    expect(first?.file?.id).toBe(second?.file?.id);
    await isTidy(1);
  });

  test("who fills their room is still heard, but their files are not kept (S46, T49)", async () => {
    const of = await begins({ quotas: { guestBytes: aPng(1).length + aPng(2).length } });
    const guest = of.guest("12025550101");
    const states = [];
    for (const seed of [1, 2, 3]) states.push(await ends(of, await sends(of, guest, photo(seed))));
    expect(states.map(({ state, reason }) => [state, reason])).toEqual([
      ["stored", null],
      ["stored", null],
      ["refused", "quota_guest"],
    ]);
    await isTidy(2);
  });

  test("a scanner that is down holds files back, and what it knows is shown to nobody (T45)", async () => {
    const verdicts: (() => Awaited<ReturnType<MediaScanner["scan"]>>)[] = [
      () => {
        throw new ConversationError("scanner_unavailable");
      },
      () => {
        throw new Error("a scanner of the host's");
      },
      () => ({ verdict: "infected", name: "Test.Virus" }),
    ];
    let asks = 0;
    // oxlint-disable-next-line typescript/require-await -- what is thrown is a rejection
    const scanner: MediaScanner = { scan: async () => (verdicts[asks++] ?? (() => ({ verdict: "clean" as const })))() };
    const of = await begins({ scanner });
    const attachment = await ends(of, await sends(of, of.guest("12025550101"), photo()));
    expect(asks).toBe(3);
    expect(attachment).toMatchObject({ state: "quarantined", reason: "infected" });
    expect(await codeOf(of.staff().openAttachment(attachment.id))).toBe("attachment_not_there infected");
    const answer = await asked(of, manager, `/attachments/${attachment.id}`);
    expect(answer.status).toBe(409);
    expect((await ends(of, await sends(of, of.guest("12025550102"), photo(1)))).state).toBe("stored");
    await isTidy(2);
  });

  test("a store that is full is tried again, and nothing half stays anywhere (F65)", async () => {
    let failures = 2;
    const full: MediaStore = {
      ...store,
      put: (file) =>
        failures-- > 0
          ? Promise.reject(new ConversationError("media_store_unavailable", { failure: "ENOSPC" }))
          : store.put(file),
    };
    const of = await begins({ store: full });
    expect((await ends(of, await sends(of, of.guest("12025550101"), photo()))).state).toBe("stored");
    await isTidy(1);
  });

  test("a scanner, a store and a disk that stay away for long cost no file: it is there once they are back (T45, F65)", async () => {
    let failures = 30;
    const away = <T>(error: Error, answer: () => T): T => {
      if (failures-- > 0) throw error;
      return answer();
    };
    const scanner: MediaScanner = {
      scan: async () =>
        away(new ConversationError("scanner_unavailable"), () => Promise.resolve({ verdict: "clean" as const })),
    };
    const of = await begins({ scanner, attempts: 2 });
    expect((await ends(of, await sends(of, of.guest("12025550101"), photo()))).state).toBe("stored");
    expect(failures).toBeLessThan(0);
    await of.close();

    failures = 30;
    const full: MediaStore = {
      ...store,
      put: async (file) =>
        away(new ConversationError("media_store_unavailable", { failure: "ENOSPC" }), () => store.put(file)),
    };
    const other = await begins({ store: full, attempts: 2 });
    expect((await ends(other, await sends(other, other.guest("12025550101"), photo(1)))).state).toBe("stored");
    expect(failures).toBeLessThan(0);
  });

  test("a desk without a place for files shows that there was one (S16)", async () => {
    const of = await aSendingHotel(open);
    hotel = of;
    const message = await sends(of, of.guest("12025550101"), photo());
    expect(message.attachment).toMatchObject({ state: "unavailable", reason: "no_store" });
    expect(
      await codeOf(
        of.staff().addFile(message.conversationId, { kind: "image", contentType: null, bytes: inPieces(aPng()) }),
      ),
    ).toBe("media_store_missing");
  });

  test("a file is served to be saved and never to be run, whole or in part (T41, T48)", async () => {
    const of = await begins();
    const file = {
      kind: "document",
      mimeType: "application/pdf",
      bytes: aPdf(),
      fileName: '../"Rechnung\u202efdp.exe',
    } as const;
    const attachment = await ends(
      of,
      await sends(of, of.guest("12025550101"), { ...file, fileName: "Rechnung März.pdf" }),
    );
    const path = `/attachments/${attachment.id}`;
    const whole = await asked(of, receptionist, path);
    expect(whole.status).toBe(200);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "cache-control": "private, no-store",
      "content-disposition": `attachment; filename="Rechnung M?rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf`,
      "content-length": String(aPdf().length),
      "content-security-policy": "sandbox; default-src 'none'",
      "content-type": "application/pdf",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
    });
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(aPdf());
    const etag = whole.headers.get("etag") ?? "";

    const part = await asked(of, receptionist, path, { headers: { range: "bytes=2-5" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 2-5/${String(aPdf().length)}`]);
    expect(await part.text()).toBe("DF-1");
    const end = await asked(of, receptionist, path, { headers: { range: "bytes=-6", "if-range": etag } });
    expect([end.status, await end.text()]).toEqual([206, "%%EOF\n"]);
    const rest = await asked(of, receptionist, path, { headers: { range: `bytes=${String(aPdf().length - 6)}-` } });
    expect([rest.status, await rest.text()]).toEqual([206, "%%EOF\n"]);
    const behind = await asked(of, receptionist, path, { headers: { range: "bytes=1000000-" } });
    expect([behind.status, behind.headers.get("content-range")]).toEqual([416, `bytes */${String(aPdf().length)}`]);
    expect(await behind.json()).toMatchObject({
      error: { code: "range_invalid", details: { sizeBytes: aPdf().length } },
    });
    for (const range of ["bytes=5-2", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", "bytes=-"])
      expect((await asked(of, receptionist, path, { headers: { range } })).status, range).toBe(200);
    const other = await asked(of, receptionist, path, { headers: { range: "bytes=2-5", "if-range": '"other"' } });
    expect(other.status).toBe(200);
    const known = await asked(of, receptionist, path, { headers: { "if-none-match": `"x", ${etag}` } });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    const head = await asked(of, receptionist, path, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(aPdf().length),
      "",
    ]);
    expect((await asked(of, receptionist, `${path}?thumbnail=true`)).status).toBe(404);
    expect((await asked(of, receptionist, `${path}?thumbnail=maybe`)).status).toBe(400);
  });

  test("nobody opens a file of a message that they do not see, nor by guessing at a link (T47)", async () => {
    const of = await begins();
    const message = await sends(of, of.guest("12025550101"), photo());
    const { id, guestId } = await ends(of, message);
    const { guestId: stranger } = await of.writes(of.guest("12025550102"));
    const guest = (of: string): GuestPrincipal => ({ kind: "guest", id: of, hotelId: "grand", guestId: of });
    const status = async (as: Principal | null, path = `/attachments/${id}`) => (await asked(of, as, path)).status;
    expect(await status(guest(guestId))).toBe(200);
    expect(await status(guest(stranger))).toBe(404);
    expect(await status({ ...receptionist, hotels: { grand: ["housekeeping"] } })).toBe(404);
    expect(await status({ ...receptionist, hotels: { seaside: "all" } })).toBe(404);
    expect(await status({ kind: "operator", id: "op" })).toBe(404);
    expect(await status(null)).toBe(401);

    // By the hotel's time, which is not this machine's here.
    const { now } = await of.storage.loadChats([]);
    const { url, expiresAt } = await of.staff().attachmentUrl(id, { expiresInS: 60 });
    expect(expiresAt.getTime()).toBeGreaterThanOrEqual(now.getTime() + 60_000);
    expect(await status(null, `/${url}`)).toBe(200);
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const start = url.indexOf("token=") + 6;
    for (let at = start; at < url.length; at += 7) {
      const other = letters[(letters.indexOf(url.charAt(at)) + 1) % letters.length] ?? "A";
      const changed = await status(null, `/${url.slice(0, at)}${other}${url.slice(at + 1)}`);
      expect([404, 429]).toContain(changed);
    }
    const again = await ends(of, await sends(of, of.guest("12025550103"), photo(3)));
    expect([404, 429]).toContain(await status(null, `/${url.replace(id, again.id)}`));
    expect(await codeOf(of.staff().attachmentUrl(id, { expiresInS: 3_601 }))).toBe("request_invalid");
  });

  test("staff send a PDF: it is on the guest's phone, given to WhatsApp once, and sent again from there (S72)", async () => {
    const of = await begins();
    const guest = of.guest("12025550101");
    const talk = await of.writes(guest);
    const added = await asked(
      of,
      receptionist,
      `/conversations/${talk.conversationId}/files?kind=document&name=..%2FInvoice.pdf`,
      {
        method: "POST",
        headers: { "content-type": "application/pdf" },
        body: new Uint8Array(aPdf()),
      },
    );
    expect(added.status).toBe(201);
    const { id: attachmentId, ...about } = (await added.json()) as { id: string };
    expect(about).toMatchObject({
      state: "stored",
      fileName: "Invoice.pdf",
      mimeType: "application/pdf",
      direction: "outbound",
    });
    const content = { type: "document", text: "Your invoice", media: { attachmentId } } as const;
    const first = await talk.hears(content);
    expect((await talk.becomes(first, "sent")).attachment?.id).toBe(attachmentId);
    const second = await talk.hears(content);
    await talk.becomes(second, "sent");
    expect(of.fake.accepted.map(({ body }) => body)).toMatchObject([
      { type: "document", document: { caption: "Your invoice", filename: "Invoice.pdf" } },
      { type: "document", document: { caption: "Your invoice" } },
    ]);
    const ids = of.fake.accepted.map(({ body }) => /"id":"(\d+)"/.exec(JSON.stringify(body))?.[1]);
    expect(new Set(ids).size).toBe(1);
    await isTidy(1);
  });

  test("a file that is refused is sent to nobody, and nothing of it stays (T50)", async () => {
    const of = await begins();
    const talk = await of.writes(of.guest("12025550101"));
    const add = (kind: GuestFile["kind"], bytes: Buffer, contentType: string | null = null) =>
      codeOf(of.staff().addFile(talk.conversationId, { kind, contentType, bytes: inPieces(bytes) }));
    expect(await add("image", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"))).toBe("file_refused markup");
    expect(await add("image", aPdf())).toBe("file_refused type_not_allowed");
    expect(await add("document", aPdf(), "image/png")).toBe("file_refused type_differs");
    expect(await add("sticker", Buffer.alloc(500_001))).toBe("file_refused too_large");
    expect(
      await codeOf(of.staff().addFile("con_none", { kind: "image", contentType: null, bytes: inPieces(aPng()) })),
    ).toBe("not_found");
    const form = await asked(of, manager, `/conversations/${talk.conversationId}/files?kind=image`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: "--x--",
    });
    expect(form.status).toBe(415);
    expect(of.fake.accepted).toEqual([]);
    await isTidy(0);
  });

  test("what one guest is to get is sent to no other, and only as what it is", async () => {
    const of = await begins();
    const talk = await of.writes(of.guest("12025550101"));
    const other = await of.writes(of.guest("12025550102"));
    const { id: attachmentId } = await of
      .staff()
      .addFile(talk.conversationId, { kind: "image", contentType: "image/png", bytes: inPieces(aPng()) });
    expect(await codeOf(other.hears({ type: "image", media: { attachmentId } }))).toBe("not_found");
    expect(await codeOf(talk.hears({ type: "document", media: { attachmentId } }))).toBe("request_invalid");
    expect(await codeOf(talk.hears({ type: "image", media: { attachmentId: "att_none" } }))).toBe("not_found");
    const theirs = await ends(of, await sends(of, of.guest("12025550101"), photo(5)));
    expect(await codeOf(talk.hears({ type: "image", media: { attachmentId: theirs.id } }))).toBe("not_found");
    expect(of.fake.accepted).toEqual([]);
  });

  test("nor when the hotel writes first", async () => {
    const of = await begins();
    const talk = await of.writes(of.guest("12025550101"));
    await of.writes(of.guest("12025550102"));
    const { id: attachmentId } = await of
      .staff()
      .addFile(talk.conversationId, { kind: "image", contentType: "image/png", bytes: inPieces(aPng()) });
    const writes = (waId: string, id: string, type: "image" | "document" = "image") =>
      of.staff().write({
        hotelId: "grand",
        departmentId: "reception",
        to: { waId },
        content: { type, media: { attachmentId: id } },
      });
    expect(await codeOf(writes("12025550102", attachmentId))).toBe("not_found");
    expect(await codeOf(writes("12025550101", attachmentId, "document"))).toBe("request_invalid");
    const theirs = await ends(of, await sends(of, of.guest("12025550101"), photo(5)));
    expect(await codeOf(writes("12025550101", theirs.id))).toBe("not_found");
    expect(of.fake.accepted).toEqual([]);
    expect((await writes("12025550101", attachmentId)).attachment?.id).toBe(attachmentId);
    await eventually("it is on the phone", () => Promise.resolve(of.fake.accepted.length === 1));
  });

  test("nor when a flow says it, however often it is sent again", async () => {
    let named = "";
    const flow = defineFlow({ id: "map", version: 1, triggers: [keyword("map please")] })
      .say("map", { content: () => ({ type: "image", media: { attachmentId: named } }) })
      .build();
    const of = await begins({}, [flow]);
    const talk = await of.writes(of.guest("12025550101"));
    const other = of.guest("12025550102");
    const { conversationId } = await of.writes(other);
    const added = await of
      .staff()
      .addFile(talk.conversationId, { kind: "image", contentType: "image/png", bytes: inPieces(aPng()) });
    named = added.id;
    await of.staff().close(conversationId);
    await other.says(GRAND_NUMBER, "map please");
    const failed = await eventually("it is not sent", () => messageOf(of, (one) => one.status === "failed"));
    expect(failed.failure?.code).toBe("file_not_theirs");
    expect(await codeOf(of.desk.as(admin).resend(failed.id))).toBe("resend_impossible");
    expect(JSON.stringify(of.fake.accepted)).not.toContain("image");
  });

  test("what a guest deleted for everybody is opened by nobody, and forgotten", async () => {
    const of = await begins();
    const guest = of.guest("12025550101");
    const message = await sends(of, guest, photo());
    const { id } = await ends(of, message);
    const { url } = await of.staff().attachmentUrl(id);
    await guest.deletes(GRAND_NUMBER, message.wamid ?? "");
    await eventually("it is forgotten", async () => (await of.staff().attachment(id)).state === "discarded");
    expect(await codeOf(of.staff().openAttachment(id))).toBe("attachment_not_there revoked");
    expect(await codeOf(of.staff().attachmentUrl(id))).toBe("attachment_not_there revoked");
    expect((await asked(of, null, `/${url}`)).status).not.toBe(200);
    await eventually(
      "its bytes are gone",
      async () => (await store.list({ after: null, limit: 1 })).items.length === 0,
    );
    await isTidy(0);
  });

  test("nor while its bytes are still there", async () => {
    const of = await begins();
    const guest = of.guest("12025550101");
    const message = await sends(of, guest, photo());
    const { id } = await ends(of, message);
    const { url } = await of.staff().attachmentUrl(id);
    // What comes next has to be fetched, and holds up what is to be forgotten.
    of.fake.failWhen(({ what }) => what === "download", { kind: "error", status: 503, code: 131016 });
    await sends(of, guest, photo(2));
    await guest.deletes(GRAND_NUMBER, message.wamid ?? "");
    await eventually("it is seen", () => messageOf(of, (one) => one.id === message.id && one.revokedAt !== null));
    expect(await codeOf(of.staff().openAttachment(id))).toBe("attachment_not_there revoked");
    expect((await asked(of, null, `/${url}`)).status).not.toBe(200);
  });

  test("nor what the hotel deleted on its own phone, while its bytes are still there", async () => {
    const of = await begins();
    const phone = of.fake.hotelPhone(GRAND_NUMBER);
    await of.writes(of.guest("12025550101"));
    const wamid = await phone.sendsFile("12025550101", photo());
    const message = await eventually("staff see it", () => messageOf(of, (one) => one.wamid === wamid));
    const { id } = await ends(of, message);
    expect(await read((await of.staff().openAttachment(id)).bytes)).toEqual(aPng());
    of.fake.failWhen(({ what }) => what === "download", { kind: "error", status: 503, code: 131016 });
    await phone.sendsFile("12025550101", photo(2));
    await phone.deletes(wamid);
    await eventually("it is seen", () => messageOf(of, (one) => one.id === message.id && one.revokedAt !== null));
    expect(await codeOf(of.staff().openAttachment(id))).toBe("attachment_not_there revoked");
  });

  test("a file that WhatsApp has lost is given again, once (S72)", async () => {
    const of = await begins();
    const talk = await of.writes(of.guest("12025550101"));
    const { id: attachmentId } = await of
      .staff()
      .addFile(talk.conversationId, { kind: "image", contentType: "image/png", bytes: inPieces(aPng()) });
    const content = { type: "image", media: { attachmentId } } as const;
    await talk.becomes(await talk.hears(content), "sent");
    of.fake.fail({ kind: "error", code: 131053 });
    await talk.becomes(await talk.hears(content), "sent");
    const ids = of.fake.accepted.map(({ body }) => /"id":"(\d+)"/.exec(JSON.stringify(body))?.[1]);
    expect(new Set(ids).size).toBe(2);
    of.fake.fail({ kind: "error", code: 131053 }, { kind: "error", code: 131053 });
    await talk.becomes(await talk.hears(content), "failed");
  });

  test("an identity document is forgotten once it was used, and the audit keeps that it was (M19)", async () => {
    const of = await begins();
    const message = await sends(of, of.guest("12025550101"), photo());
    const { id } = await ends(of, message);
    const kept = await of.staff().keepAttachment(id, { purpose: "identity", reason: "check-in" });
    expect(kept).toMatchObject({ purpose: "identity", state: "stored" });
    expect(kept.forgetAt).not.toBeNull();
    const gone = await of.staff().discardAttachment(id, { reason: "verified" });
    expect(gone).toMatchObject({ state: "discarded", reason: "used", file: null, purpose: "identity" });
    await isTidy(0);
    expect(await codeOf(of.staff().openAttachment(id))).toBe("attachment_not_there used");
    const { items } = await of.desk.as(admin).audit({ hotel: "grand", target: id });
    expect(items.map(({ action, reason }) => [action, reason])).toEqual([
      ["attachment.discard", "verified"],
      ["attachment.keep", "check-in"],
    ]);
    expect(JSON.stringify(items)).not.toContain("png");
    expect(await messageOf(of, (one) => one.id === message.id)).toMatchObject({ content: { text: "Our passport" } });
  });

  test("one that nobody says was used is forgotten within a day (M19)", async () => {
    const of = await begins({ sweepMs: 100 });
    const { id } = await ends(of, await sends(of, of.guest("12025550101"), photo()));
    await of.staff().keepAttachment(id, { purpose: "identity" });
    await of.pass(25 * HOUR_MS);
    await eventually("it is forgotten", async () => (await of.staff().attachment(id)).state === "discarded");
    expect((await of.staff().attachment(id)).reason).toBe("expired");
    await eventually(
      "its bytes are gone",
      async () => (await store.list({ after: null, limit: 10 })).items.length === 0,
    );
  });
});
