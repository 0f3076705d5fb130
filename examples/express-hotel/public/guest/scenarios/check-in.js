const DAY_MS = 86_400_000;

/** A stay from the booking until the guest has the key. */
export const checkIn = {
  id: "check-in",
  title: "Check-in from booking to key",
  about: "The front desk books, the guest checks in by a form of WhatsApp's own, and hears when the room is ready.",
  steps: [
    {
      does: "The front desk writes a booking for Dalila into the hotel's own system, which tells the desk.",
      async run(hotel, memory) {
        memory.guest = await hotel.newGuest("Dalila", "grand");
        const { now } = await hotel.ask("/simulator/clock");
        const day = (days) => new Date(Date.parse(now) + days * DAY_MS).toISOString().slice(0, 10);
        const { address } = memory.guest;
        memory.reservation = `GH-${address.slice(-4)}`;
        await hotel.ask("/simulator/front-desk/books", {
          hotel: "grand",
          reservation: memory.reservation,
          address,
          name: "Dalila Rossi",
          from: day(0),
          to: day(2),
        });
        return { text: `Booking ${memory.reservation}, from today for two nights.`, links: [phoneOf(memory)] };
      },
    },
    {
      does: "Dalila asks to check in, and the flow knows her booking by her phone.",
      async run(hotel, { guest }) {
        await guest.says("check in by form");
        const asked = await guest.hears("her booking is shown", ({ options = [] }) => options.length > 1);
        await guest.taps(asked);
        return { text: asked.text, links: [phoneOf({ guest })] };
      },
    },
    {
      does: "She fills in the form: two guests, in the evening, and she agrees to the house rules.",
      async run(hotel, { guest }) {
        const { wamid, form } = await guest.hears("the form comes", (one) => one.form !== undefined);
        const answers = { guests: "2", arrival: "18:00", requests: "A cot, please", rules: true };
        await guest.acts({ type: "form", wamid, answers });
        return { text: `"${form.title}" opens it on her phone.`, links: [phoneOf({ guest })] };
      },
    },
    {
      does: "The summary is right: she confirms it, and the hotel's own system gives her a room.",
      async run(hotel, memory) {
        const { guest } = memory;
        const summary = await guest.hears(
          "the summary",
          ({ text = "", options = [] }) => options.length === 2 && text.includes("cot"),
        );
        // Before she taps: what follows the room may be there as soon as it.
        const shown = (await guest.phone()).length;
        await guest.taps(summary);
        const done = await guest.hears("the room", ({ text = "" }) => /room \w+/i.test(text), shown);
        return { text: done.text, links: [phoneOf({ guest }), receptions] };
      },
    },
    {
      does: "Half an hour later housekeeping has finished: the room is ready, and she hears so by herself.",
      async run(hotel, { guest, reservation }) {
        // In the morning she may have been reminded of her arrival, and nobody gets two messages about a stay within half an hour.
        await hotel.ask("/simulator/clock", { hours: 0.5 });
        await hotel.ask("/simulator/front-desk/ready", { hotel: "grand", reservation });
        const told = await guest.hears("the room is ready", ({ text = "" }) => /is ready\.$/.test(text));
        return { text: told.text, links: [phoneOf({ guest })] };
      },
    },
    {
      does: "She arrives, and gets the key.",
      async run(hotel, { guest, reservation }) {
        const { told } = await hotel.ask("/simulator/front-desk/arrives", { hotel: "grand", reservation });
        return {
          text: `The hotel's own system says ${told.kind.replace("_", " ")}; staff see it beside the conversation.`,
          links: [phoneOf({ guest }), receptions],
        };
      },
    },
  ],
};

const receptions = { text: "Reception's inbox", href: "/#demo-grand-reception" };
const phoneOf = ({ guest }) => ({ text: `${guest.name}'s phone`, href: guest.page });
