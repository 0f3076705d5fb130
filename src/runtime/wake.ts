import type { NewWork, WorkKind } from "../domain/work.js";

/** Tells whoever does work of these kinds that there is some, who would find it within `work.pollMs` by themselves. */
export type Wake = (...kinds: readonly WorkKind[]) => void;

/** Which loops what was stored is for. */
export const kindsOf = (work: readonly Pick<NewWork, "kind">[]): readonly WorkKind[] => [
  ...new Set(work.map(({ kind }) => kind)),
];
