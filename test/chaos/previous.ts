import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { repository, run } from "../../scripts/services/process.mjs";

/** A host of another release, built from the repository as it was there. */
export interface PreviousHost {
  readonly program: string;
  readonly remove: () => void;
}

const MIGRATIONS = "adapters/postgres/migrations";

/**
 * Builds the host of a commit, in a checkout of its own beside the packages that are there.
 * @param ref whatever git calls a commit
 * @throws {Error} when a migration since then is one beside which that release may not run
 */
export async function buildPrevious(ref: string): Promise<PreviousHost> {
  const cache = path.join(repository, ".cache");
  fs.mkdirSync(cache, { recursive: true });
  const folder = fs.mkdtempSync(path.join(cache, "previous-"));
  const git = (...args: readonly string[]) => run("git", args, { cwd: repository });
  const remove = () => {
    git("worktree", "remove", "--force", folder);
  };
  git("worktree", "add", "--detach", folder, ref);
  try {
    const known = new Set(fs.readdirSync(path.join(folder, MIGRATIONS)));
    const breaking = fs
      .readdirSync(path.join(repository, MIGRATIONS))
      .filter((name) => !known.has(name))
      .filter((name) => fs.readFileSync(path.join(repository, MIGRATIONS, name), "utf8").includes("breaking: true"));
    if (breaking.length > 0) throw new Error(`${ref} may not run beside ${breaking.join(", ")}.`);
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
    const builder = pathToFileURL(path.join(folder, "scripts/failpoint-build.mjs"));
    const { buildBreakableHost } = (await import(builder.href)) as {
      readonly buildBreakableHost: () => { readonly program: string };
    };
    return { program: buildBreakableHost().program, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
