// How two scenarios begin: a guest is in a conversation with reception.

export const RECEPTION = "demo-grand-reception";
export const receptions = { text: "Reception's inbox", href: `/#${RECEPTION}` };
export const phoneOf = ({ guest }) => ({ text: `${guest.name}'s phone`, href: guest.page });

/** @returns a step in which a guest of this name comes to reception with these words */
export const comesToReception = (name, words) => ({
  does: `${name} writes to reception, and reception answers.`,
  async run(hotel, memory) {
    const guest = await hotel.newGuest(name, "grand");
    const staff = hotel.staff(RECEPTION);
    await guest.says(words);
    const menu = await guest.hears("the menu", ({ options = [] }) => options.length > 0);
    await guest.taps(
      menu,
      menu.options.findIndex(({ title }) => title === "Reception"),
    );
    const { id } = await hotel.eventually(`${name} is in the list`, () => staff.conversationOf(guest));
    await staff.answers(id, `Good evening, ${name}. How can we help?`);
    await guest.hears("the answer", ({ text, status }) => text?.startsWith("Good evening") && status === "read");
    Object.assign(memory, { guest, staff, id });
    return { text: "One conversation in the inbox, answered and read.", links: [phoneOf(memory), receptions] };
  },
});

/** What a guest wrote, oldest first, as staff see it. */
export const saidBy = (messages) =>
  messages
    .filter(({ direction, content }) => direction === "inbound" && content.type === "text")
    .sort((a, b) => a.seq - b.seq)
    .map(({ content }) => content.text);
