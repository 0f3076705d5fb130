import { fileTypeFromBuffer } from "file-type";
import { describe, expect, test } from "vitest";
import { checkMedia, fromBytes } from "../../src/index.js";
import { corpus } from "./corpus.js";

const files = await corpus();

describe("a file gets the verdict that it deserves (S43, S45, M13, T40, T41, T43)", () => {
  test.each(files)("$expected.verdict: $name", async ({ bytes, expected, fileName = null, ...options }) => {
    const verdict = await checkMedia(fromBytes(bytes), { ...options, fileName });
    if (expected.verdict !== "accepted" && expected.reason === null) expect(verdict.verdict).toBe(expected.verdict);
    else expect(verdict).toMatchObject(expected);
  });

  test("and file-type, which looks at beginnings alone, says the same of whatever is accepted", async () => {
    for (const { name, bytes, expected } of files) {
      if (expected.verdict !== "accepted" || expected.mimeType === "text/plain") continue;
      const found = (await fileTypeFromBuffer(bytes))?.mime.split(";")[0];
      const says: Record<string, string> = {
        "image/apng": "image/png",
        "audio/x-m4a": "audio/mp4",
        "application/x-cfb": expected.mimeType,
        // Of a document whose parts are in another order.
        "application/zip": expected.mimeType,
      };
      expect([name, says[found ?? ""] ?? found]).toEqual([name, expected.mimeType]);
    }
  });

  test("of which there are enough", () => {
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
    expect(files.length).toBeGreaterThanOrEqual(150);
  });
});
