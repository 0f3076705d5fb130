import type { HotelOptions, HotelStays, Principal } from "belldesk";
import type { HostRequest } from "belldesk/express";

export const NUMBERS: Readonly<Record<string, string>> = { grand: "200000000000001", seaside: "200000000000002" };

const RECEPTION = { id: "reception", name: "Reception", description: "Arrival, departure, keys, bills" };
const HOUSEKEEPING = { id: "housekeeping", name: "Housekeeping", description: "Towels, cleaning, laundry" };
const RESTAURANT = { id: "restaurant", name: "Restaurant", description: "Tables, breakfast, room service" };
const MAINTENANCE = {
  id: "maintenance",
  name: "Maintenance",
  description: "Heating, water, light, lifts",
  // Whoever is on duty gets what comes, in turns. A real hotel gives a function here that asks its rota.
  assignment: { rule: "roundRobin", staff: ["demo-grand-maintenance"] },
} as const;

/** What the simulated Meta calls the account of both hotels. */
const ACCOUNT = "100000000000001";

/** What staff may send to a guest who has not written for a day, as Meta has approved it. */
export const TEMPLATES = [
  {
    name: "arrival_reminder",
    language: "en_US",
    category: "UTILITY",
    parameter_format: "NAMED",
    components: [{ type: "BODY", text: "Hello {{first_name}}, your room is ready from {{hour}}." }],
  },
  {
    name: "weekend_offer",
    language: "en_US",
    category: "MARKETING",
    components: [{ type: "BODY", text: "Three nights for two this weekend. Write STOP if you want no offers." }],
  },
] as const;

/** What guests hear of their stay by themselves: before they come, and when their room is ready. */
const STAYS: HotelStays = {
  messages: [
    {
      id: "arrival",
      when: { before: "arrival", ms: 24 * 3_600_000 },
      templates: {
        en: {
          type: "template",
          name: "arrival_reminder",
          language: "en_US",
          body: [
            { name: "first_name", text: "{name}" },
            { name: "hour", text: "15:00" },
          ],
        },
      },
    },
    { id: "ready", when: { on: "room_ready" }, texts: { en: "Your room {room} is ready." }, quiet: true },
  ],
};

export const hotels = (accessToken: string): readonly HotelOptions[] => [
  {
    id: "grand",
    name: "Grand Hotel",
    timeZone: "Europe/Rome",
    numbers: [{ phoneNumberId: NUMBERS["grand"] ?? "", accessToken }],
    accountId: ACCOUNT,
    templates: TEMPLATES,
    departments: [RECEPTION, HOUSEKEEPING, RESTAURANT, MAINTENANCE],
    stays: STAYS,
    readReceipts: "whenRead",
    texts: { menu: "Welcome to the Grand Hotel! Which department can help you?" },
  },
  {
    id: "seaside",
    name: "Seaside Hotel",
    timeZone: "America/Sao_Paulo",
    numbers: [{ phoneNumberId: NUMBERS["seaside"] ?? "", accessToken }],
    accountId: ACCOUNT,
    templates: TEMPLATES,
    departments: [RECEPTION, HOUSEKEEPING, RESTAURANT],
    readReceipts: "whenRead",
    texts: { menu: "Welcome to the Seaside Hotel! Which department can help you?" },
  },
];

/** The demo's staff, by their token. A real hotel asks its own sign-in. */
export function staffTokens(): ReadonlyMap<string, Principal> {
  const staff = new Map<string, Principal>();
  for (const hotel of hotels("")) {
    for (const { id, name } of hotel.departments) {
      const token = `demo-${hotel.id}-${id}`;
      staff.set(token, {
        kind: "staff",
        id: token,
        name: `${name}, ${hotel.name ?? hotel.id}`,
        role: "agent",
        hotels: { [hotel.id]: [id] },
      });
    }
    const token = `demo-${hotel.id}-manager`;
    staff.set(token, {
      kind: "staff",
      id: token,
      name: `Manager, ${hotel.name ?? hotel.id}`,
      role: "manager",
      hotels: { [hotel.id]: "all" },
    });
  }
  const both = { grand: "all", seaside: "all" } as const;
  staff.set("demo-group-admin", {
    kind: "staff",
    id: "demo-group-admin",
    name: "Group admin",
    role: "admin",
    hotels: both,
  });
  staff.set("demo-operator", { kind: "operator", id: "demo-operator" });
  return staff;
}

export function authenticate(staff: ReadonlyMap<string, Principal>) {
  return ({ headers }: HostRequest): Principal | null => {
    const [scheme, token] = (headers.authorization ?? "").split(" ");
    return scheme?.toLowerCase() === "bearer" ? (staff.get(token ?? "") ?? null) : null;
  };
}
