// Writes a file of nearly 100 MB of a kind and looks into it, in a process of its own; prints what that took.
// usage: node large.ts FOLDER KIND
import fs from "node:fs/promises";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { checkMedia, fromBytes, fromFile } from "../../src/index.js";
import { docxParts, part, pdfOf, pngChunk, withChunks, zip } from "./builders.js";
import { fixture } from "./corpus.js";

const [folder = ".", kind = ""] = process.argv.slice(2);
const MB = 1_000_000;
const noise = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at + 4 <= length; at += 4)
    bytes.writeUInt32LE((state = (state * 1_664_525 + 1_013_904_223) >>> 0), at);
  return bytes;
};

function made(): Buffer {
  switch (kind) {
    case "tokens.pdf":
      return pdfOf({ objects: Array.from({ length: 40 }, () => `[${"(Room) /A 1 0 R ".repeat(150_000)}]`) });
    case "packed.docx":
      return zip([...docxParts(), ...[1, 2, 3, 4].map((n) => part(`word/media/image${n}.png`, noise(24 * MB)))]);
    case "txt":
      return Buffer.from("Dear guests, breakfast is from seven.\n".repeat(2_600_000));
    default: {
      const picture = fixture("ffmpeg.png");
      return withChunks(
        picture,
        ...Array.from({ length: 97 }, () =>
          pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), Buffer.alloc(MB, "room ")])),
        ),
      );
    }
  }
}

const file = path.join(folder, `large.${kind}`);
if (process.env["LARGE_MADE"] === undefined) {
  // In another process, whose memory is not counted.
  await fs.writeFile(file, made());
  const { spawnSync } = await import("node:child_process");
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, LARGE_MADE: "yes" },
    stdio: "inherit",
  });
  await fs.rm(file);
  process.exitCode = status ?? 1;
} else {
  const options = { kind: "document", declaredType: null, fileName: null } as const;
  // What the code itself takes is there already.
  await checkMedia(fromBytes(fixture("letter.pdf")), options);
  await checkMedia(fromBytes(fixture("letter.docx")), options);
  const before = process.memoryUsage.rss();
  let highest = before;
  const sampling = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 5);
  const turns = monitorEventLoopDelay({ resolution: 10 });
  turns.enable();
  const handle = await fs.open(file, "r");
  const source = await fromFile(handle);
  const verdict = await checkMedia(source, options);
  await handle.close();
  turns.disable();
  clearInterval(sampling);
  const grownBytes = highest - before;
  console.log(JSON.stringify({ verdict, sizeBytes: source.sizeBytes, grownBytes, longestTurnMs: turns.max / 1e6 }));
}
