import { uuidv7 } from "uuidv7";

/** Makes ids: unique, hard to guess, and growing, so that index pages fill in order. */
export type Ids = () => string;

export const timeOrderedIds: Ids = uuidv7;
