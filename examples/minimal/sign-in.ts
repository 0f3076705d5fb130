import type { StaffPrincipal } from "belldesk";
import type { Request } from "express";

/** Stands for the host's own sign-in: belldesk keeps no passwords, it asks who is there. */
export function signIn(request: Request): StaffPrincipal | null {
  const token = process.env["STAFF_TOKEN"] ?? "";
  if (token === "" || request.headers.authorization !== `Bearer ${token}`) return null;
  // "all" departments: also the conversations of guests who have not chosen one yet.
  return { kind: "staff", id: "front-desk", name: "Front desk", role: "agent", hotels: { grand: "all" } };
}
