import type { HotelOptions, StaffPrincipal } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import type { Request } from "express";
import pg from "pg";

const { DATABASE_URL = "", WHATSAPP_TOKEN = "", APP_SECRET = "", VERIFY_TOKEN = "", STAFF_TOKEN = "" } = process.env;

export const pool = new pg.Pool({ connectionString: DATABASE_URL, connectionTimeoutMillis: 5_000 });
// Without a listener a database that restarts ends this process.
pool.on("error", (error) => {
  console.error(error.message);
});
export const storage = postgresStorage(pool);

export const hotels: readonly HotelOptions[] = [
  {
    id: "grand",
    timeZone: "Europe/Rome",
    numbers: [{ phoneNumberId: "200000000000001", accessToken: WHATSAPP_TOKEN }],
    departments: [
      { id: "reception", name: "Reception" },
      { id: "housekeeping", name: "Housekeeping" },
    ],
  },
];

export const webhook = { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN };

/** Stands for the host's own sign-in: belldesk keeps no passwords, it asks who is there. */
export function signIn(request: Request): StaffPrincipal | null {
  if (STAFF_TOKEN === "" || request.headers.authorization !== `Bearer ${STAFF_TOKEN}`) return null;
  // "all" departments: also the conversations of guests who have not chosen one yet.
  return { kind: "staff", id: "front-desk", name: "Front desk", role: "agent", hotels: { grand: "all" } };
}
