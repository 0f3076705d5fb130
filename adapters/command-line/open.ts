import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ConversationManager } from "belldesk";
import { Refused } from "./refused.js";

/** Where a host's desk is looked for, in this order. */
const NAMES = ["ts", "mts", "js", "mjs", "cjs"].map((ending) => `belldesk.config.${ending}`);

/**
 * The desk of a host: what a module of theirs exports as `default` or `desk`, or what the function that it exports makes. It need not
 * be started.
 * @param given the module's path; without it `belldesk.config.*` of the current folder
 * @throws {Refused} when there is none
 */
export async function openDesk(given: string | undefined): Promise<ConversationManager> {
  const file = given ?? NAMES.find((name) => existsSync(name));
  if (file === undefined)
    throw new Refused(
      `There is no ${NAMES.join(", ")} here. Write one that exports your ConversationManager, not started, as \`desk\`; or name it: --desk path/to/module.`,
    );
  const module = await load(path.resolve(file));
  const found = module["desk"] ?? module["default"];
  const desk = typeof found === "function" ? await (found as () => unknown)() : found;
  if (!isDesk(desk)) throw new Refused(`${file} exports no ConversationManager as \`desk\` or \`default\`.`);
  return desk;
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(file)) throw new Refused(`There is no file ${file}.`);
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION")
      throw new Refused(
        `This Node (${process.version}) reads no TypeScript: use 22.18 or newer, or run it with a loader, such as node --import tsx node_modules/belldesk/dist/command-line.cjs ...`,
      );
    throw error;
  }
}

/** Of this copy of the package, or of another. */
const isDesk = (value: unknown): value is ConversationManager =>
  typeof value === "object" && value !== null && "doctor" in value && "as" in value && "start" in value;
