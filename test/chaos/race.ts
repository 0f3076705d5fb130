import { createHash } from "node:crypto";
import { startOn, type Start } from "./starts.js";

/**
 * Processes that start on one database at the same moment: none sends a statement before all are there. Then either all
 * run as they can, or, with a seed, those whom it picks take their next step at once, while the others wait in the middle
 * of their start.
 * @returns how each ended
 */
export async function race(url: string, processes: number, seed: string | null): Promise<readonly string[]> {
  const random = numbers(seed ?? "");
  const held = new Set<Start>();
  let living = processes;
  let begun = false;

  function step(): void {
    if (living === 0 || held.size < living) return;
    const all = [...held];
    const picked = begun ? all.filter(() => random() < 0.5) : all;
    begun = true;
    for (const start of picked.length > 0 ? picked : all.slice(0, 1)) {
      held.delete(start);
      start.goOn();
    }
  }

  return Promise.all(
    Array.from({ length: processes }, async () => {
      const start = startOn(url, (asking) => {
        if (begun && seed === null) {
          asking.goOn();
          return;
        }
        held.add(asking);
        step();
      });
      const ended = await start.ended;
      living -= 1;
      held.delete(start);
      step();
      return ended;
    }),
  );
}

/** Numbers in [0, 1) that a seed determines. */
function numbers(seed: string): () => number {
  let n = 0;
  return () =>
    createHash("sha256")
      .update(`${seed} ${String(n++)}`)
      .digest()
      .readUInt32BE() /
    2 ** 32;
}
