import { StepFailed } from "./hotel.js";

const GUESTS = [
  { name: "Ada", hotel: "grand", department: "reception", words: "Hello, is my room ready?" },
  { name: "Ben", hotel: "grand", department: "housekeeping", words: "Could we have two more towels?" },
  { name: "Chiara", hotel: "seaside", department: "restaurant", words: "A table for four tonight, please." },
];

/** Three guests of two hotels, each for another department. */
export const threeGuests = {
  id: "three-guests",
  title: "Three guests arrive",
  about: "Three guests write to two hotels at the same moment; each finds the department, and nobody else reads it.",
  steps: [
    {
      does: "Ada and Ben write to the Grand Hotel and Chiara to the Seaside Hotel, all at once.",
      async run(hotel, memory) {
        memory.guests = [];
        for (const { name, hotel: id } of GUESTS) memory.guests.push(await hotel.newGuest(name, id));
        await Promise.all(memory.guests.map((guest, at) => guest.says(GUESTS[at].words)));
        return { text: "Two ticks: the hotel has stored each of them.", links: memory.guests.map(phoneOf) };
      },
    },
    {
      does: "Each is asked for a department, and chooses one.",
      async run(hotel, { guests }) {
        for (const [at, guest] of guests.entries()) {
          const menu = await guest.hears("the menu", ({ options = [] }) => options.length > 0);
          const wanted = menu.options.findIndex(({ title }) => title.toLowerCase() === GUESTS[at].department);
          await guest.taps(menu, wanted);
        }
        return { text: "Four departments come as a list, three as buttons.", links: guests.map(phoneOf) };
      },
    },
    {
      does: "The staff of each department see their own guest, and no other.",
      async run(hotel, memory) {
        const links = [];
        memory.ids = [];
        for (const [at, { hotel: id, department, name }] of GUESTS.entries()) {
          const staff = hotel.staff(`demo-${id}-${department}`);
          const mine = await hotel.eventually(`${name} is in the list`, () => staff.conversationOf(memory.guests[at]));
          const strangers = (await staff.conversations()).filter(({ departmentId }) => departmentId !== department);
          if (strangers.length > 0) throw new StepFailed(`${department} sees conversations of others.`);
          memory.ids.push(mine.id);
          links.push({ text: `${title(department)}'s inbox`, href: staff.page });
        }
        return { text: "Each inbox shows one new conversation.", links };
      },
    },
    {
      does: "Each department answers, and the answer is read.",
      async run(hotel, { guests, ids }) {
        for (const [at, guest] of guests.entries()) {
          const { hotel: id, department } = GUESTS[at];
          const words = `${title(department)} here: we see to it, ${guest.name}.`;
          await hotel.staff(`demo-${id}-${department}`).answers(ids[at], words);
          await guest.hears("the answer", ({ text, status }) => text === words && status === "read");
        }
        return { text: "Blue ticks in the inbox, and one answer on each phone.", links: guests.map(phoneOf) };
      },
    },
  ],
};

const title = (department) => department[0].toUpperCase() + department.slice(1);
const phoneOf = ({ name, page }) => ({ text: `${name}'s phone`, href: page });
