import type { ScenarioPmsEvent, scenario } from "../../src/testing/index.js";

export const ANNA = "12025550100";

/** What the hotel's own system tells of a stay. */
export type Kind = Extract<ScenarioPmsEvent, { readonly reservationId: string }>;
export const told = (version: number, kind: Kind["kind"], more: Partial<Kind> = {}): Kind => ({
  eventId: `e${String(version)}`,
  reservationId: "R-1",
  version,
  kind,
  ...more,
});
/** Anna will come in a few days, for three nights. */
export const booked = (more: Partial<Kind> = {}): Kind =>
  told(1, "reservation_created", {
    guest: { waId: ANNA },
    guestName: "Anna",
    arrival: "2026-11-14",
    departure: "2026-11-17",
    ...more,
  });

/** What is to be said by itself about a stay, and what became of it. */
export const planOf = async (stay: ReturnType<typeof scenario>, reservationId = "R-1") =>
  ((await stay.storage.loadStay({ hotelId: "grand", reservationId })).stay?.plan ?? []).map(
    ({ rule, state, why }) => `${rule} ${state} ${why ?? "-"}`,
  );
