import { StepFailed } from "./hotel.js";
import { RECEPTION, comesToReception, phoneOf, receptions, saidBy } from "./reception.js";

const WHILE_AWAY = "Are you still there?";
const ANSWER = "We are. The line was down for a moment.";

/** The line of staff drops while a guest writes and an answer is typed. */
export const lineDrops = {
  id: "line-drops",
  title: "Staff's line drops",
  about:
    "The line between the staff's pages and the hotel is cut for some seconds: nothing is missed, and nothing is sent twice.",
  steps: [
    comesToReception("Emil", "Good evening, a question about breakfast."),
    {
      does: "Reception's page is open and live.",
      async run(hotel, memory) {
        memory.page = hotel.staff(RECEPTION).opens();
        memory.ends.push(() => memory.page.close());
        memory.page.connect();
        memory.page.open(memory.id);
        await hotel.eventually("it is live", () => status(memory) === "live");
        return { text: "Open the inbox in another window, to see the same there.", links: [receptions] };
      },
    },
    {
      does: "The line is cut for six seconds.",
      async run(hotel, memory) {
        await hotel.ask("/simulator/line", { seconds: 6 });
        await hotel.eventually("the page has noticed", () => status(memory) !== "live");
        return { text: "The inbox says that it has no line.", links: [receptions] };
      },
    },
    {
      does: "Meanwhile Emil writes, and reception types an answer.",
      async run(hotel, memory) {
        await memory.guest.says(WHILE_AWAY);
        memory.page.reply(memory.id, ANSWER);
        if (status(memory) === "live") throw new StepFailed("The line was back too early.");
        return {
          text: "Two ticks on Emil's phone: the hotel has it. The answer waits in the page.",
          links: [phoneOf(memory)],
        };
      },
    },
    {
      does: "The line is back: the page catches up from where it was, and the answer leaves.",
      async run(hotel, memory) {
        const { page, id, guest, staff } = memory;
        await hotel.eventually("the page is live again", () => status(memory) === "live");
        await hotel.eventually("the page shows what Emil wrote", () =>
          page.getState().threads[id]?.messages.some(({ content }) => content.text === WHILE_AWAY),
        );
        await guest.hears("the answer", ({ text }) => text === ANSWER);
        const shown = saidBy(await staff.messages(id)).filter((text) => text === WHILE_AWAY);
        const heard = (await guest.phone()).filter(({ text }) => text === ANSWER);
        if (shown.length !== 1 || heard.length !== 1) throw new StepFailed("Something came twice.");
        return { text: "Each message once, on both sides, without a reload.", links: [phoneOf(memory), receptions] };
      },
    },
  ],
};

const status = ({ page }) => page.getState().connection.status;
