import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { checkMedia, type CheckMediaOptions } from "../../src/media/check.js";
import { mediaLimits, type MediaType } from "../../src/media/limits.js";
import { otherFormat } from "../../src/media/other-format.js";
import { secondOpinion } from "../../src/media/second-opinion.js";
import { fromBytes } from "../../src/media/source.js";
import type { MediaKind } from "../../src/media/verdict.js";
import { fixture } from "./corpus.js";

const latin = (text: string): Buffer => Buffer.from(text, "latin1");
const photo = fixture("ffmpeg.jpg");
const moving = fixture("ffmpeg.webp");
const still = await sharp({ create: { width: 8, height: 8, channels: 4, background: "#0000" } })
  .webp({ lossless: true })
  .toBuffer();

const said = (bytes: Uint8Array, options: Partial<CheckMediaOptions> = {}) =>
  checkMedia(fromBytes(bytes), { kind: "image", declaredType: null, fileName: null, ...options });
/** `accepted`, or why not. */
const verdict = async (bytes: Uint8Array, options: Partial<CheckMediaOptions> = {}): Promise<string> => {
  const found = await said(bytes, options);
  return found.verdict === "accepted" ? "accepted" : `${found.verdict}: ${found.reason}`;
};

describe("what a guest's phone says that a file is (M13, T40)", () => {
  test.each<readonly [file: string, kind: MediaKind, names: string]>([
    ["ffmpeg.jpg", "image", "image/jpeg image/jpg image/pjpeg"],
    ["ffmpeg.png", "image", "image/png image/x-png"],
    ["ffmpeg.webp", "image", "image/webp"],
    ["sound.aac", "audio", "audio/aac audio/x-aac audio/aacp"],
    ["wide.amr", "audio", "audio/amr audio/amr-wb"],
    ["tagged.mp3", "audio", "audio/mpeg audio/mp3 audio/x-mp3 audio/x-mpeg"],
    ["sound.m4a", "audio", "audio/mp4 audio/m4a audio/x-m4a"],
    ["voice.ogg", "audio", "audio/ogg audio/opus application/ogg"],
    ["film.3gp", "video", "video/3gpp video/3gp"],
    ["film.mp4", "video", "video/mp4 video/x-m4v"],
    ["letter.pdf", "document", "application/pdf application/x-pdf"],
  ])("%s as %s goes by its own type's names (%s), and by no other's", async (file, kind, names) => {
    const bytes = fixture(file);
    for (const declaredType of names.split(" "))
      expect(await verdict(bytes, { kind, declaredType }), declaredType).toBe("accepted");
    for (const declaredType of ["text/html", "text/csv", "image/gif", "constructor", "toString", "image"])
      expect(await verdict(bytes, { kind, declaredType }), declaredType).toBe("refused: type_differs");
  });

  test("a list of bookings may be called text or a table", async () => {
    const list = latin("Anna,214\n");
    for (const declaredType of ["text/plain", "text/csv"])
      expect(await verdict(list, { kind: "document", declaredType })).toBe("accepted");
    expect(await verdict(list, { kind: "document", declaredType: "application/pdf" })).toBe("refused: type_differs");
  });

  test.each([
    null,
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/unknown",
    "*/*",
    "image/jpeg; name=photo",
    " IMAGE/JPEG ;q=1",
    "Application/Octet-Stream",
  ])("may say nothing, in capitals, or more than the type: %j", async (declaredType) => {
    expect(await verdict(photo, { declaredType })).toBe("accepted");
  });

  test("and what it is called starts nothing", async () => {
    expect(await verdict(photo, { fileName: "photo.jpg" })).toBe("accepted");
    expect(await verdict(photo, { fileName: "photo.jpg.exe" })).toBe("quarantined: name_misleads");
  });
});

describe("what is taken (S43, S45)", () => {
  test("is told whole: type, extension and, of pictures, size", async () => {
    expect(await said(photo)).toEqual({
      verdict: "accepted",
      mimeType: "image/jpeg",
      extension: "jpg",
      width: expect.any(Number) as number,
      height: expect.any(Number) as number,
    });
    expect(await said(fixture("letter.pdf"), { kind: "document" })).toEqual({
      verdict: "accepted",
      mimeType: "application/pdf",
      extension: "pdf",
      width: null,
      height: null,
    });
  });

  test("is as large as the hotel takes files of its kind, and never larger than WhatsApp does", async () => {
    expect(await verdict(Buffer.alloc(0))).toBe("refused: empty");
    for (const [kind, bytes] of [
      ["image", photo],
      ["audio", fixture("voice.ogg")],
      ["video", fixture("film.mp4")],
      ["document", fixture("letter.pdf")],
    ] as const) {
      expect(await verdict(bytes, { kind, limits: { [kind]: bytes.length } }), kind).toBe("accepted");
      expect(await verdict(bytes, { kind, limits: { [kind]: bytes.length - 1 } }), kind).toBe("refused: too_large");
      const others = Object.keys(mediaLimits).filter((one) => one !== kind && one !== "pixels");
      expect(await verdict(bytes, { kind, limits: Object.fromEntries(others.map((one) => [one, 1])) })).toBe(
        "accepted",
      );
    }
    const huge = { sizeBytes: 5_000_001, read: () => Promise.reject(new Error("nobody reads it")) };
    const options = { kind: "image", declaredType: null, fileName: null, limits: { image: 6_000_000 } } as const;
    expect(await checkMedia(huge, options)).toEqual({ verdict: "refused", reason: "too_large" });
  });

  test("as a sticker has less room when it does not move", async () => {
    const kind = "sticker";
    const room = (sticker: number, animatedSticker: number) =>
      ({ kind, limits: { sticker, animatedSticker } }) as const;
    expect(await verdict(still, room(still.length, 1))).toBe("accepted");
    expect(await verdict(still, room(still.length - 1, 10_000))).toBe("refused: too_large");
    expect(await verdict(moving, room(1, moving.length))).toBe("accepted");
    expect(await verdict(moving, room(1, moving.length - 1))).toBe("refused: too_large");
    // As a picture it is none of this.
    expect(await verdict(still, { limits: { sticker: 1 } })).toBe("accepted");
  });

  test("comes in and goes out as WhatsApp's table says", async () => {
    const staff = { direction: "outbound" } as const;
    expect(await verdict(photo, staff)).toBe("accepted");
    expect(await verdict(moving)).toBe("accepted");
    expect(await verdict(moving, staff)).toBe("refused: type_not_allowed");
    expect(await verdict(photo, { kind: "document" })).toBe("accepted");
    expect(await verdict(photo, { kind: "document", ...staff })).toBe("refused: type_not_allowed");
    expect(await verdict(fixture("letter.pdf"))).toBe("refused: type_not_allowed");
    // What it is shows only when it has been looked into.
    expect(await verdict(fixture("sound.m4a"), { kind: "video" })).toBe("refused: type_not_allowed");
  });

  test("is what the hotel takes, where it says so", async () => {
    expect(await verdict(photo, { allowed: ["image/png"] })).toBe("refused: type_not_allowed");
    expect(await verdict(fixture("letter.pdf"), { allowed: ["application/pdf"] })).toBe("accepted");
    expect(await verdict(fixture("sound.m4a"), { kind: "video", allowed: ["video/mp4"] })).toBe(
      "refused: type_not_allowed",
    );
  });
});

describe("a second format in the same file (T41)", () => {
  const NOTHING = { isPdf: false, isZip: false };
  const holds = async (bytes: Buffer, known = NOTHING): Promise<boolean> => {
    try {
      await otherFormat(fromBytes(bytes), known);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ flaw: "double_format", verdict: "refused" });
      return true;
    }
  };
  const a = (length: number): Buffer => Buffer.alloc(length, "a");
  const of = (...parts: readonly (Buffer | string)[]): Buffer =>
    Buffer.concat(parts.map((part) => (typeof part === "string" ? latin(part) : part)));

  test("is a PDF that begins within the first kilobyte, unless it is one", async () => {
    for (const at of [1, 700, 1_024]) expect(await holds(of(a(at), "%PDF-1.7")), String(at)).toBe(true);
    expect(await holds(of(a(1_025), "%PDF-1.7"))).toBe(false);
    expect(await holds(of("%PDF-1.7"), { isPdf: true, isZip: false })).toBe(false);
  });

  test("is an archive of tar, by what stands at its place", async () => {
    expect(await holds(of(a(257), "ustar"))).toBe(true);
    expect(await holds(of(a(256), "ustar"))).toBe(false);
    expect(await holds(of(a(258), "ustar"))).toBe(false);
  });

  /** The record at an archive's end: how long its directory is, and where it begins. */
  const record = (size: number, offset: number): Buffer => {
    const end = Buffer.alloc(22);
    end.write("PK\x05\x06", "latin1");
    end.writeUInt32LE(size, 12);
    end.writeUInt32LE(offset, 16);
    return end;
  };
  const directory = of("PK\x01\x02", Buffer.alloc(42));

  test("is a ZIP archive, whose directory ends at its record, or begins where that says, unless it is one", async () => {
    const both = of(a(50), directory, record(46, 50));
    expect(await holds(both)).toBe(true);
    expect(await holds(both, { isPdf: false, isZip: true })).toBe(false);
    expect(await holds(both, { isPdf: true, isZip: false })).toBe(true);
    expect(await holds(of(a(50), directory, record(46, 7))), "only its end fits").toBe(true);
    expect(await holds(of(a(50), directory, record(9, 50))), "only its beginning fits").toBe(true);
    expect(await holds(of(directory, record(46, 9))), "from the first byte on").toBe(true);
    expect(await holds(of(a(50), directory, a(30), record(9, 50))), "with something between").toBe(true);
    expect(await holds(of(a(50), directory, record(9, 7)))).toBe(false);
    expect(await holds(of(a(50), record(46, 50)))).toBe(false);
    expect(await holds(of(a(50), directory))).toBe(false);
    expect(await holds(record(0, 0))).toBe(false);
    expect(await holds(record(22, 4_000_000_000))).toBe(false);
  });

  test("is one also where a comment follows its record, which may hold what looks like another", async () => {
    const archive = of(a(50), directory, record(46, 50));
    expect(await holds(of(archive, a(65_535)))).toBe(true);
    expect(await holds(of(archive, record(9, 9), "and on"))).toBe(true);
    expect(await holds(of(archive, "PK\x05\x06 and on"))).toBe(true);
    expect(await holds(of(archive, a(65_536))), "longer than a comment is").toBe(false);
  });
});

describe("what `file-type` says beside us", () => {
  const WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  const EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
  const box = (brand: string): Buffer => latin(`\0\0\0\x18ftyp${brand}\0\0\x02\0isomiso2`);
  const zip = Buffer.concat([latin("PK\x03\x04"), Buffer.alloc(60)]);
  const agrees = async (bytes: Buffer, type: MediaType): Promise<boolean> => {
    try {
      await secondOpinion(fromBytes(bytes), type);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ flaw: "type_differs", verdict: "refused" });
      return false;
    }
  };

  test.each<readonly [what: string, bytes: Buffer, types: readonly MediaType[]]>([
    ["a photo", photo, ["image/jpeg"]],
    ["a picture that moves", fixture("ffmpeg.apng"), ["image/png"]],
    ["a film", box("isom"), ["video/mp4", "video/3gpp", "audio/mp4"]],
    ["a film of a phone", box("M4V "), ["video/mp4", "video/3gpp", "audio/mp4"]],
    ["a small film", box("3gp4"), ["video/mp4", "video/3gpp", "audio/mp4"]],
    ["another small film", box("3g2a"), ["video/mp4", "video/3gpp", "audio/mp4"]],
    ["a song", box("M4A "), ["video/mp4", "video/3gpp", "audio/mp4"]],
    ["a book that is read aloud", box("M4B "), ["video/mp4", "video/3gpp", "audio/mp4"]],
    ["a voice note", fixture("voice.ogg"), ["audio/ogg"]],
    ["an archive of a document's parts", zip, [WORD, EXCEL, POWERPOINT]],
    [
      "a letter of old",
      fixture("letter.doc"),
      ["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"],
    ],
    ["a letter", fixture("letter.docx"), [WORD]],
    ["an invoice", fixture("letter.pdf"), ["application/pdf"]],
  ])("%s: a file that it takes for another type is refused", async (_, bytes, types) => {
    const all = [
      "image/jpeg",
      "image/png",
      "video/mp4",
      "video/3gpp",
      "audio/mp4",
      "audio/ogg",
      "application/pdf",
    ] as const;
    const documents = [WORD, EXCEL, POWERPOINT, "application/msword", "application/vnd.ms-excel"] as const;
    for (const type of new Set<MediaType>([...all, ...documents, ...types]))
      expect(await agrees(bytes, type), type).toBe(types.includes(type));
  });

  test("it is not asked about a text, and where it says nothing we are believed", async () => {
    expect(await agrees(latin("BMW X5, licence plate M-AB 123"), "text/plain")).toBe(true);
    expect(await agrees(latin("nothing that anybody knows"), "application/pdf")).toBe(true);
  });
});
