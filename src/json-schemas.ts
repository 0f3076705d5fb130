import { z } from "zod";
import type { JsonValue } from "./domain/json.js";

/** Any JSON. What is looked at has been parsed, so that there is nothing to check. */
export const AnyJson = z.custom<JsonValue>();

/** What is stored as an id: no control characters, no half characters. */
export const Id = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: "No control characters." });
