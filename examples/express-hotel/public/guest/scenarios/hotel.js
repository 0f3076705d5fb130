// The hotel as a scenario has it: by its documented routes alone, from a browser or from Node.

/** Of numbers that are nobody's: they are kept for films. */
const FIRST_NUMBER = 447_700_900_101;

/** A step that did not come to what it is about. */
export class StepFailed extends Error {}

/**
 * @param options.base where the hotel is
 * @param options.deskClient that of `belldesk/client`
 */
export function hotelAt({ base, deskClient }) {
  async function ask(route, body, token) {
    const headers = {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${base}${route}`, { headers, ...post });
    const said = await answer.json().catch(() => null);
    if (!answer.ok)
      throw new StepFailed(`${route.split("?")[0]} was answered ${answer.status}: ${said?.error?.message ?? ""}`);
    return said;
  }

  /** Looks again and again until there is something. @param ms for how long at most */
  async function eventually(what, look, ms = 60_000) {
    const until = performance.now() + ms;
    let trouble = null;
    for (;;) {
      try {
        const found = await look();
        if (found) return found;
      } catch (error) {
        // Whoever is away for a moment is asked again.
        trouble = error;
      }
      if (performance.now() > until)
        throw new StepFailed(`It did not happen: ${what}.${trouble === null ? "" : ` ${trouble.message}`}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** @param since when they got their phone, as ISO text */
  function guest(address, hotel, name, since) {
    const at = `/simulator/guests/${address}/messages`;
    const phone = async () => (await ask(`${at}?hotel=${hotel}`)).items;
    const acts = (act) => ask(at, { hotel, ...act });
    return {
      address,
      hotel,
      name,
      since,
      page: `/guest?hotel=${hotel}&address=${address}`,
      phone,
      acts,
      says: (text) => acts({ type: "text", text }),
      /** WhatsApp has it; the hotel may be away. */
      writesOff: (text) => acts({ type: "text", text, wait: false }),
      /** The newest message of the hotel's that is like this, after the first so many bubbles. */
      hears: (what, isMeant, after = 0) =>
        eventually(what, async () =>
          (await phone()).slice(after).findLast((one) => one.from === "hotel" && isMeant(one)),
        ),
      /** Taps what is shown in a message of the hotel's. */
      taps: ({ options }, place = 0) => acts({ type: "button", id: options[place].id }),
    };
  }

  const taken = new Set();
  return {
    base,
    ask,
    eventually,
    /** Somebody with a phone that has shown nothing yet. */
    async newGuest(name, hotel) {
      for (let number = FIRST_NUMBER; ; number++) {
        if (taken.has(number)) continue;
        const { items } = await ask(`/simulator/guests/${number}/messages?hotel=${hotel}`);
        if (items.length > 0) continue;
        taken.add(number);
        await ask(`/simulator/guests/${number}/identity`, { name });
        const { now } = await ask("/simulator/clock");
        // WhatsApp counts in seconds.
        return guest(String(number), hotel, name, `${now.slice(0, 19)}.000Z`);
      }
    },
    /** What staff with this token see. */
    staff(token) {
      const conversations = async () => (await ask("/api/conversations?status=open&limit=100", undefined, token)).items;
      return {
        token,
        page: `/#${token}`,
        conversations,
        /** That of a guest of this scenario: others of the name have not written since they got their phone. */
        conversationOf: async ({ name, since }) =>
          (await conversations()).find(({ guest: who, lastMessageAt }) => who.name === name && lastMessageAt >= since),
        messages: async (id) => (await ask(`/api/conversations/${id}/messages?limit=100`, undefined, token)).items,
        answers: (id, text) =>
          ask(
            `/api/conversations/${id}/messages`,
            { clientMessageId: crypto.randomUUID(), content: { type: "text", text } },
            token,
          ),
        /** A page that is open at this desk. */
        opens: () => deskClient({ baseUrl: `${base}/api`, token, live: { retry: { baseMs: 200, maxMs: 1_000 } } }),
      };
    },
  };
}

/**
 * Plays a scenario step by step.
 * @returns what each step came to, when it has: `{ place, state: "doing" | "done" | "failed", saw? }`, where `saw` is what there is to look at
 */
export async function* play({ steps }, hotel) {
  const memory = { ends: [] };
  try {
    for (const [place, step] of steps.entries()) {
      yield { place, state: "doing" };
      try {
        const saw = await step.run(hotel, memory);
        yield { place, state: "done", saw };
      } catch (error) {
        yield { place, state: "failed", saw: { text: error.message } };
        return;
      }
    }
  } finally {
    for (const end of memory.ends) end();
  }
}
