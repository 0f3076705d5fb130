import { resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** As a host's bundler would, for a browser: it fails on anything of Node's. */
const bundle = async (format: "esm" | "iife", entry = "client/index.ts") => {
  const { outputFiles, metafile } = await build({
    entryPoints: [resolve(import.meta.dirname, "../../src", entry)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: "browser",
    format,
    globalName: "belldesk",
  });
  return { code: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
};

test("the client is under 10 KB, gzipped, and made of its own files alone", async () => {
  const { code, inputs } = await bundle("esm");
  expect(gzipSync(code).length).toBeLessThan(10_000);
  expect(inputs.filter((input) => !input.startsWith("src/client/"))).toEqual([]);
});

test("and runs where there is nothing of Node's", async () => {
  const { code } = await bundle("iife");
  const made = runInNewContext(
    `${code}; belldesk.deskClient({ baseUrl: "https://hotel.example/api", fetch: () => {}, live: false }).getState()`,
    { URL },
  ) as object;
  expect(made).toMatchObject({ conversations: {}, connection: { status: "stopped" } });
});

test("what pages show a message by is under 5 KB, gzipped, and needs nothing of Node's either", async () => {
  const { code, inputs } = await bundle("iife", "markup.ts");
  expect(gzipSync(code).length).toBeLessThan(5_000);
  expect(inputs.filter((input) => !/^src\/(markup\.ts|whatsapp\/|domain\/bidi\.ts)/.test(input))).toEqual([]);
  expect(runInNewContext(`${code}; belldesk.renderHtml("*<b>*")`, { URL })).toBe(
    '<div dir="auto"><strong>&lt;b&gt;</strong></div>',
  );
});
