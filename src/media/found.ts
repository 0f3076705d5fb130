import type { MediaFlaw } from "./verdict.js";

/** Ends the look into a file at what was found in it. Never leaves `checkMedia`, which makes a verdict of it. */
export class Found extends Error {
  constructor(
    readonly flaw: MediaFlaw,
    readonly verdict: "refused" | "quarantined" = "refused",
  ) {
    super(flaw);
  }
}

export const refuse = (flaw: MediaFlaw): never => {
  throw new Found(flaw);
};
export const quarantine = (flaw: MediaFlaw): never => {
  throw new Found(flaw, "quarantined");
};
