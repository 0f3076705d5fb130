import type { Storage } from "../ports/storage.js";

/** The time that everything is decided by, the same for all processes: one whose own clock is off by a day does nothing early or late. */
export const timeOf = async (storage: Pick<Storage, "loadChats">): Promise<Date> => (await storage.loadChats([])).now;
