import { LIMITS } from "../limits.js";
import { degrees, filled } from "./checks.js";
import { optional, type WhatsAppPayload } from "./shapes.js";

/** A place on the map. */
export interface Place {
  /** Degrees, -90 to 90. */
  readonly latitude: number;
  /** Degrees, -180 to 180. */
  readonly longitude: number;
  readonly name?: string;
  readonly address?: string;
}

export function placeOf(field: string, { latitude, longitude, name, address }: Place): WhatsAppPayload {
  degrees(`${field}.latitude`, latitude, LIMITS.latitude);
  degrees(`${field}.longitude`, longitude, LIMITS.longitude);
  if (name !== undefined) filled(`${field}.name`, name);
  if (address !== undefined) filled(`${field}.address`, address);
  return { latitude, longitude, ...optional("name", name), ...optional("address", address) };
}
