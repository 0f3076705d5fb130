import type { Storage } from "../../../src/index.js";

/** Where one run of a law takes place: a hotel that has nothing yet, in a storage that may have others. */
export interface Subject {
  readonly storage: Storage;
  readonly hotelId: string;
}
export type FreshSubject = () => Promise<Subject>;
