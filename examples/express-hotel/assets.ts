import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import express, { type Router } from "express";

const PAGES = fileURLToPath(new URL("public", import.meta.url));

/** Of the library, what pages import: each is one file, for browsers. */
const LIBRARY: Readonly<Record<string, string>> = {
  "/client.js": fileURLToPath(import.meta.resolve("belldesk/client")),
  "/markup.js": fileURLToPath(import.meta.resolve("belldesk/markup")),
};

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const compress = promisify(gzip);

/** The pages' scripts and styles, compressed once for as long as a file stays the same. */
export function assets(): Router {
  const router = express.Router();
  const known = new Map<string, { readonly changed: number; readonly bytes: Buffer }>();
  router.get("/{*file}", (request, response, next) => {
    const file = LIBRARY[request.path] ?? path.join(PAGES, path.normalize(request.path));
    const type = TYPES[path.extname(file)];
    const found = type === undefined ? undefined : fs.statSync(file, { throwIfNoEntry: false });
    if (type === undefined || found?.isFile() !== true || request.acceptsEncodings("gzip") === false) {
      next();
      return;
    }
    void (async () => {
      const before = known.get(file);
      const fresh =
        before?.changed === found.mtimeMs
          ? before
          : { changed: found.mtimeMs, bytes: await compress(await fs.promises.readFile(file)) };
      known.set(file, fresh);
      // Looked at again each time: the answer is mostly that nothing has changed.
      response.set({
        "content-type": type,
        "content-encoding": "gzip",
        "cache-control": "no-cache",
        vary: "accept-encoding",
      });
      response.send(fresh.bytes);
    })().catch(next);
  });
  for (const [address, file] of Object.entries(LIBRARY))
    router.get(address, (_request, response) => {
      response.sendFile(file);
    });
  router.use(express.static(PAGES, { index: false }));
  return router;
}
