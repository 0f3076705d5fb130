import fs from "node:fs";
import type { MediaKind } from "belldesk/testing";

export interface SampleFile {
  readonly bytes: Buffer;
  readonly mimeType: string;
  readonly fileName: string;
}

/** A page that says "Booking 7741", for who sends a document and brings none: whole, as a hotel that looks into files wants it. */
function pdf(): Buffer {
  const show = "BT /F 18 Tf 20 40 Td (Booking 7741) Tj ET";
  const objects = [
    "<</Type /Catalog /Pages 2 0 R>>",
    "<</Type /Pages /Kids [3 0 R] /Count 1>>",
    "<</Type /Page /Parent 2 0 R /MediaBox [0 0 300 100] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
    `<</Length ${String(show.length)}>>\nstream\n${show}\nendstream`,
    "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
  ];
  let body = "%PDF-1.4\n";
  let table = "0000000000 65535 f \n";
  for (const [at, object] of objects.entries()) {
    table += `${String(body.length).padStart(10, "0")} 00000 n \n`;
    body += `${String(at + 1)} 0 obj\n${object}\nendobj\n`;
  }
  const end = `trailer\n<</Size 6 /Root 1 0 R>>\nstartxref\n${String(body.length)}\n%%EOF\n`;
  return Buffer.from(`${body}xref\n0 6\n${table}${end}`, "latin1");
}

const sample = (name: string): Buffer => fs.readFileSync(new URL(`samples/${name}`, import.meta.url));

/** What a simulated phone has at hand. */
export const SAMPLES: Readonly<Record<MediaKind, SampleFile>> = {
  image: { bytes: sample("photo.png"), mimeType: "image/png", fileName: "photo.png" },
  document: { bytes: pdf(), mimeType: "application/pdf", fileName: "booking-7741.pdf" },
  audio: { bytes: sample("voice.ogg"), mimeType: "audio/ogg; codecs=opus", fileName: "voice.ogg" },
  video: { bytes: sample("film.mp4"), mimeType: "video/mp4", fileName: "film.mp4" },
  sticker: { bytes: sample("sticker.webp"), mimeType: "image/webp", fileName: "sticker.webp" },
};
