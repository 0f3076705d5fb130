import fs from "node:fs";
import path from "node:path";

const FOLDER = path.resolve(import.meta.dirname, "../fixtures");

export const fixture = (folder: "webhooks" | "graph" | "signature", name: string): Buffer =>
  fs.readFileSync(path.join(FOLDER, folder, `${name}.json`));

export const fixtureNames = (folder: "webhooks" | "graph"): string[] =>
  fs
    .readdirSync(path.join(FOLDER, folder))
    .map((file) => file.replace(/\.json$/, ""))
    .sort();
