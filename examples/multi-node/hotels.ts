import type { HotelOptions, StaffPrincipal } from "belldesk";

export const APP_SECRET = "demo-app-secret";
export const VERIFY_TOKEN = "demo-verify-token";

const departments = [{ id: "reception", name: "Reception" }];
const timeZone = "Europe/Rome";

/** The chain's hotels, each with the shard that it lives in for good: a hotel that moves takes its rows along. */
export const CHAIN: readonly { readonly shard: number; readonly hotel: HotelOptions }[] = [
  {
    shard: 0,
    hotel: { id: "grand", timeZone, numbers: [{ phoneNumberId: "200000000000001", accessToken: "any" }], departments },
  },
  {
    shard: 1,
    hotel: {
      id: "seaside",
      timeZone,
      numbers: [{ phoneNumberId: "200000000000002", accessToken: "any" }],
      departments,
    },
  },
];

/** Stands for the host's own sign-in: `demo-grand`, `demo-seaside`. */
export function signIn(token: string | undefined): StaffPrincipal | null {
  const at = CHAIN.find(({ hotel }) => token === `demo-${hotel.id}`);
  return at === undefined
    ? null
    : { kind: "staff", id: `staff-${at.hotel.id}`, role: "manager", hotels: { [at.hotel.id]: "all" } };
}
