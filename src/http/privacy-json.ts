import type { Erasure } from "../domain/privacy.js";
import type { ErasureReport, ExportRecord, ReapplyReport } from "../runtime/privacy-api.js";
import type { ErasureJson, ErasureReportJson, ReapplyJson } from "./json-types.js";

export const erasureJson = ({ at, doneAt, ...erasure }: Erasure): ErasureJson => ({
  ...erasure,
  at: at.toISOString(),
  doneAt: doneAt?.toISOString() ?? null,
});

export const erasureReportJson = ({ erasure, ...report }: ErasureReport): ErasureReportJson => ({
  ...report,
  erasure: erasure && erasureJson(erasure),
});

export const reapplyJson = ({ erased, ...report }: ReapplyReport): ReapplyJson => ({
  ...report,
  erased: erased.map(erasureReportJson),
});

/** Bytes of a file that one line holds: divisible by three, so that the lines' base64 is the file's when it is put together. */
const CHUNK = 48 * 1_024;

/**
 * An export as lines of JSON. A file is a line `file`, then lines `bytes` with its base64 in pieces, then the next record. The client of a broken connection has no
 * line `end`.
 */
export async function* exportLines(records: AsyncIterable<ExportRecord>): AsyncGenerator<Uint8Array> {
  for await (const record of records) {
    if (record.type !== "file") {
      yield line(record);
      continue;
    }
    const { bytes, ...file } = record;
    yield line(file);
    for await (const piece of inPieces(bytes))
      yield line({ type: "bytes", attachmentId: file.attachmentId, base64: piece.toString("base64") });
  }
}

const line = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);

async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const more of bytes) {
    rest = Buffer.concat([rest, more]);
    while (rest.length >= CHUNK) {
      yield rest.subarray(0, CHUNK);
      rest = rest.subarray(CHUNK);
    }
  }
  if (rest.length > 0) yield rest;
}
