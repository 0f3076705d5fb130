import type { StaffPrincipal } from "belldesk";
import type { HostRequest } from "belldesk/express";

/** Stands for the host's own sign-in: belldesk keeps no passwords, it asks who is there. */
export function signIn(request: HostRequest): StaffPrincipal | null {
  const token = process.env["STAFF_TOKEN"] ?? "";
  if (token === "" || request.headers.authorization !== `Bearer ${token}`) return null;
  return { kind: "staff", id: "front-desk", role: "agent", hotels: { grand: ["reception"] } };
}
