import { StepFailed } from "./hotel.js";
import { comesToReception, phoneOf, receptions, saidBy } from "./reception.js";

const WORDS = "I have lost my key.";
const MEANWHILE = ["It is room 204.", "And it is rather late."];

/** The hotel's process is killed under a guest who goes on writing. */
export const processKilled = {
  id: "process-killed",
  title: "The process is killed and comes back",
  about:
    "kill -9 on the hotel's process, for real. What was acknowledged is there afterwards, and WhatsApp brings what was not, each once.",
  steps: [
    comesToReception("Fumiko", WORDS),
    {
      does: "The hotel's process is killed. It stays away for three seconds.",
      async run(hotel, memory) {
        const { pid } = await hotel.ask("/simulator/hotel-process");
        memory.pid = pid;
        const killed = await hotel.ask("/simulator/hotel-process/kill", { seconds: 3 });
        if (killed.pid !== pid) throw new StepFailed("Another process was there.");
        const { isOpen } = await hotel.ask("/simulator/hotel-process");
        if (isOpen) throw new StepFailed("The hotel is still open.");
        return { text: `Process ${pid} is no more; the inbox says that it has no line.`, links: [receptions] };
      },
    },
    {
      does: "Fumiko writes twice meanwhile.",
      async run(hotel, { guest }) {
        for (const words of MEANWHILE) await guest.writesOff(words);
        const shown = (await guest.phone()).slice(-2);
        if (shown.some(({ status }) => status !== "sent")) throw new StepFailed("The hotel cannot have it yet.");
        return {
          text: "One tick: WhatsApp has them, the hotel does not, and WhatsApp tries again.",
          links: [phoneOf({ guest })],
        };
      },
    },
    {
      does: "The next process begins on the same data.",
      async run(hotel, memory) {
        const { pid } = await hotel.eventually(
          "the hotel is open",
          async () => {
            const now = await hotel.ask("/simulator/hotel-process");
            return now.isOpen && now;
          },
          120_000,
        );
        if (pid === memory.pid) throw new StepFailed("It is the same process.");
        return { text: `Process ${pid} is open.`, links: [receptions] };
      },
    },
    {
      does: "All that Fumiko wrote is in the inbox, in order and once.",
      async run(hotel, { guest, staff, id }) {
        const wanted = [WORDS, ...MEANWHILE];
        await hotel.eventually("both have come", async () =>
          (await guest.phone()).slice(-2).every(({ status }) => status !== "sent"),
        );
        await hotel.eventually(
          "they are in the inbox",
          async () => saidBy(await staff.messages(id)).length >= wanted.length,
        );
        const said = saidBy(await staff.messages(id));
        if (JSON.stringify(said) !== JSON.stringify(wanted))
          throw new StepFailed("Something is missing, twice, or in another order.");
        return {
          text: "Two ticks on her phone, and three messages in the inbox.",
          links: [phoneOf({ guest }), receptions],
        };
      },
    },
    {
      does: "Reception answers in the same conversation.",
      async run(hotel, { guest, staff, id }) {
        const words = "We bring you another one, Fumiko.";
        await staff.answers(id, words);
        await guest.hears("the answer", ({ text, status }) => text === words && status === "read");
        return { text: "It goes on as if nothing had been.", links: [phoneOf({ guest })] };
      },
    },
  ],
};
