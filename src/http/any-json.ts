import { z } from "zod";
import type { JsonValue } from "../domain/json.js";

/** Any JSON. What is looked at has been parsed, so that there is nothing to check. */
export const AnyJson = z.custom<JsonValue>();
