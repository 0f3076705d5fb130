import { expect, test } from "vitest";
import { pms } from "../../src/flow/define.js";
import { checkIn, checkOut, guestRequest, upsell } from "../../src/flows/index.js";
import { memoryPms, type PmsBooking } from "../../src/testing/index.js";
import type { Moment } from "../../src/testing/scenario.js";
import type { Scenario } from "../../src/testing/scenario.js";
import { stayWith } from "../flow/world.js";

const booking: PmsBooking = {
  hotelId: "grand",
  guest: { waId: "12025550100" },
  reservation: {
    reservationId: "res-1",
    number: "AB-1234",
    status: "booked",
    name: "Anna Rossi",
    from: "2026-11-10",
    to: "2026-11-12",
    guests: 2,
    room: null,
    language: "it",
  },
  offers: [
    {
      offerId: "late",
      kind: "lateCheckOut",
      title: { en: "Check-out at 14:00", it: "Check-out alle 14:00" },
      price: { amount: 3_000, currency: "EUR" },
    },
  ],
};
const at = { hotelId: "grand", reservationId: "res-1" };
const isCommit = ({ work, verb }: Moment): boolean => work !== "outbound" && verb === "commit";

test.each([0, 2, 3])(
  "a whole stay that the hotel's own system begins and ends, in the guest's language, with everything twice (killed at every commit of %i)",
  async (every) => {
    let stay: Scenario | null = null;
    // The PMS tells everything twice.
    const hotel = memoryPms({
      freeRooms: ["12"],
      async tells({ hotelId: _, ...event }) {
        await stay?.pms(event);
        await stay?.pms(event);
      },
    });
    let count = 0;
    const begun = stayWith(
      [
        checkIn({ pms: hotel.port, triggers: [pms("room_ready")] }),
        checkOut({ pms: hotel.port, triggers: [pms("checked_out")] }),
        upsell({ pms: hotel.port }),
        guestRequest({
          tasks: {
            async create({ conversationId, idempotencyKey: key, kind, what, room, language }) {
              const told = { key, kind, what, ...(room !== null && { room }), ...(language !== null && { language }) };
              const task = await begun.staff.desk.createTask(conversationId, told);
              return { taskId: task.externalId };
            },
          },
        }),
      ],
      {
        doubled: true,
        crashes: (moment) => every > 0 && isCommit(moment) && ++count % every === 0,
        tasks: hotel.tasks,
      },
    );
    stay = begun;
    const anna = begun.guest();
    expect(anna.waId).toBe("12025550100");
    await anna.says("hello");
    await hotel.book(booking);
    await hotel.ready(at);
    await anna.waits("2m");
    expect(anna.phone.at(-1)?.text).toContain("La Sua prenotazione AB-1234");
    const says = async (text: string): Promise<string> =>
      (await anna.says(text)).join("\n") || (await anna.waits("10s")).join("\n");
    await says("Sì");
    await says("alle sei");
    expect(await says("salta")).toContain("Arrivo: alle sei");
    expect(await says("Confermo il check-in")).toContain("La Sua camera è la 12");
    expect(hotel.reservation(at)).toMatchObject({ status: "checkedIn", room: "12" });
    expect(hotel.told.filter(({ kind }) => kind === "checked_in")).toHaveLength(1);

    for (const text of ["Richiesta per la camera 12", "Pulizia e biancheria", "Due asciugamani"]) await says(text);
    await says("salta");
    await anna.waits("1m");
    expect([...hotel.requests.values()]).toMatchObject([{ kind: "housekeeping", room: "12", what: "Due asciugamani" }]);
    const [task = ""] = hotel.requests.keys();
    const before = anna.phone.length;
    await hotel.does(task, "done");
    await anna.waits("1m");
    expect(anna.phone.length, "told once that it is done").toBe(before + 1);

    await hotel.leaves(at);
    await anna.waits("2h");
    expect(anna.phone.at(-1)?.text).toBe("Com'è stato il Suo soggiorno?");
    expect(await says("Eccellente")).toContain("Che cosa Le è piaciuto di più?");
    expect(await says("La colazione")).toContain("Grazie");
    expect(hotel.checkIns.size).toBe(1);
  },
);
