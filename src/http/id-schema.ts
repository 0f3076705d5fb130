import { z } from "zod";

/** What is stored as an id: no control characters, no half characters. */
export const Id = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: "No control characters." });
