import { StepFailed } from "./hotel.js";
import { RECEPTION, receptions } from "./reception.js";

const MANAGER = "demo-grand-manager";
const ROOMS = ["201", "202"];
const ZONE = "Europe/Rome";
/** By the clock on the hotel's wall, from when on rooms are there. */
const CHECK_IN_HOUR = 15;

/** A day of the hotel's own system, and what guests and staff do beside it. */
export const frontDeskDay = {
  id: "front-desk-day",
  title: "A day at the front desk",
  about:
    "The hotel's own system tells what happens, from the booking to the departure: guests hear by themselves what concerns them, check in and out in the chat, and staff decide on a late check-out.",
  steps: [
    {
      does: "08:00. The hotel's own system has two bookings, Hugo's and Greta's, and tells the desk.",
      async run(hotel, memory) {
        memory.hugo = await hotel.newGuest("Hugo", "grand");
        memory.guest = await hotel.newGuest("Greta", "grand");
        const [hugo, greta] = [memory.hugo, memory.guest].map(({ address }) => `GH-${address.slice(-4)}`);
        memory.reservation = greta;
        const { now } = await hotel.ask("/simulator/clock");
        const days = { from: arrivalDay(new Date(now), 0), to: arrivalDay(new Date(now), 2) };
        const guests = [
          { reservation: hugo, address: memory.hugo.address, name: "Hugo Weber", ...days },
          { reservation: greta, address: memory.guest.address, name: "Greta Lind", ...days },
        ];
        memory.from = days.from;
        await hotel.ask("/simulator/front-desk/day", { hotel: "grand", guests, rooms: ROOMS });
        return { text: (await until(hotel, "08:00")).join("; "), links: phonesOf(memory) };
      },
    },
    {
      does: "Both are told by a template when their room is ready: neither has ever written.",
      async run(hotel, memory) {
        const { text } = await memory.guest.hears("the reminder", isReminder);
        await memory.hugo.hears("the reminder", isReminder);
        return { text, links: phonesOf(memory) };
      },
    },
    {
      does: "10:00. Rooms are given, and Greta checks in in the chat: the flow knows her booking by her phone.",
      async run(hotel, memory) {
        const { guest } = memory;
        // Nobody gets two messages about a stay within half an hour.
        await hotel.ask("/simulator/clock", { hours: 1 });
        const given = await until(hotel, "10:00");
        await guest.says("check in");
        await guest.taps(await guest.hears("her booking", saying("Your booking")));
        await guest.hears("when she comes is asked", saying("what time"));
        await guest.says("15:30");
        await guest.hears("her wishes are asked", saying("prepare for you"));
        await guest.says("skip");
        await guest.taps(await guest.hears("the house rules", saying("house rules?")));
        await guest.taps(await guest.hears("the summary", saying("Is everything right?")));
        const { text } = await guest.hears("her room", saying(`Your room is ${ROOMS[1]}`));
        return { text: `${given.join("; ")}. "${text}"`, links: phonesOf(memory) };
      },
    },
    {
      does: "14:00. Housekeeping has finished, and whoever writes with the hotel hears so.",
      async run(hotel, memory) {
        await until(hotel, "14:00");
        const { text } = await memory.guest.hears("her room is ready", saying(`room ${ROOMS[1]} is ready`));
        return { text, links: phonesOf(memory) };
      },
    },
    {
      does: "15:30. Both arrive, and the manager's list of the day has them in the house.",
      async run(hotel, memory) {
        await until(hotel, "15:30");
        const of = `/api/arrivals?hotel=grand&day=${memory.from}&limit=100`;
        const { items } = await hotel.ask(of, undefined, MANAGER);
        const greta = items.find(({ reservationId }) => reservationId === memory.reservation);
        if (greta?.status !== "inHouse" || greta.conversationId === null) throw new StepFailed("Greta is not there.");
        return {
          text: `${greta.guestName}, room ${greta.room}: in the house.`,
          links: [{ text: "The manager's inbox", href: `/#${MANAGER}` }],
        };
      },
    },
    {
      does: "Greta asks for a late check-out, and takes what the hotel's own system offers.",
      async run(hotel, memory) {
        const { guest } = memory;
        await guest.says("late check out");
        await guest.taps(await guest.hears("the offer", saying("what we can offer")));
        const { text } = await guest.hears("staff are asked", saying("ask our team"));
        return { text, links: [...phonesOf(memory), receptions] };
      },
    },
    {
      does: "Reception says yes in the inbox, and it is on her bill.",
      async run(hotel, memory) {
        const { guest } = memory;
        const { id, approval } = await hotel.eventually("reception is asked", () => askedOf(hotel, guest));
        const yes = { approvalId: approval.id, approved: true };
        await hotel.ask(`/api/conversations/${id}/approval`, yes, RECEPTION);
        const { text } = await guest.hears("it is booked", saying("It is booked"));
        return { text, links: [...phonesOf(memory), receptions] };
      },
    },
    {
      does: "18:00. Hugo leaves: his stay is over, and nobody had to write that down.",
      async run(hotel) {
        const [left] = await until(hotel, "18:00");
        return { text: left, links: [{ text: "The manager's inbox", href: `/#${MANAGER}` }] };
      },
    },
    {
      does: "Greta has paid at reception, checks out in the chat, and says how it was.",
      async run(hotel, memory) {
        const { guest, reservation } = memory;
        await hotel.ask("/simulator/front-desk/pays", { hotel: "grand", reservation });
        await guest.says("check out");
        await guest.taps(await guest.hears("the bill", saying("Your bill")));
        await guest.taps(await guest.hears("how it was", saying("How was your stay?")));
        await guest.hears("and why", saying("like most"));
        await guest.says("The quiet room");
        const { text } = await guest.hears("thanks", saying("Thank you for telling us"));
        return { text, links: [...phonesOf(memory), receptions] };
      },
    },
  ],
};

/** Lets all of the day happen until then. @returns what did */
async function until(hotel, time) {
  const happened = [];
  for (;;) {
    const { at, says, then } = await hotel.ask("/simulator/front-desk/next", {});
    if (at !== time) throw new StepFailed(`${says}: that was at ${at}.`);
    happened.push(says);
    if (then !== time) return happened;
  }
}

/** What a flow of this guest's waits for staff to decide, and in which conversation. */
async function askedOf(hotel, { name, since }) {
  for (const { id, mode, guest, lastMessageAt } of await hotel.staff(RECEPTION).conversations()) {
    if (mode !== "flow" || guest.name !== name || lastMessageAt < since) continue;
    const { run } = await hotel.ask(`/api/conversations/${id}/flow`, undefined, RECEPTION);
    if (run?.approval?.decision === null) return { id, approval: run.approval };
  }
  return null;
}

const isReminder = ({ text = "" }) => text.includes("your room is ready from");
const saying =
  (words) =>
  ({ text = "" }) =>
    text.includes(words);
const phonesOf = ({ hugo, guest }) => [guest, hugo].map(({ name, page }) => ({ text: `${name}'s phone`, href: page }));

/** The day of which guests are told now that they come: today until check-in, then tomorrow; and days after it. */
function arrivalDay(now, more) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, dateStyle: "short" }).format(now);
  const hour = Number(new Intl.DateTimeFormat("en", { timeZone: ZONE, hour: "2-digit", hourCycle: "h23" }).format(now));
  const days = more + (hour < CHECK_IN_HOUR ? 0 : 1);
  return new Date(Date.parse(parts) + days * 86_400_000).toISOString().slice(0, 10);
}
