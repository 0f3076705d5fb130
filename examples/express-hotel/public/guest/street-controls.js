import { button, element } from "/assets/guest/dom.js";
import { phones } from "/assets/guest/phones.js";
import { asks, becomes, prefers, reports } from "/assets/guest/simulator.js";

const MISHAPS = [
  ["twice", "Twice", "Meta brings the same webhook again."],
  ["answerLost", "Answer lost", "The hotel's 200 never comes back, so it is brought again."],
  ["late", "5 s late", "It is held back for 5 seconds."],
  ["overtaken", "Overtaken", "The guest's next message comes first."],
];

/** What a demonstration needs and no guest has: time that passes, webhooks that go astray, another number, a process that dies. */
class StreetControls extends HTMLElement {
  #clock = element("p", { class: "soft" });
  #done = element("p", { class: "soft", role: "status" });
  #hotel = element("p", { class: "soft" });

  connectedCallback() {
    this.append(
      element("h2", { text: "The world around" }),
      this.#done,
      group("Time", this.#clock, this.#hours(1), this.#hours(26)),
      group(
        "The next message comes…",
        ...MISHAPS.map(([next, words, title]) =>
          this.#does(words, `The next message: ${title}`, () => asks("/deliveries", { next, seconds: 5 }), { title }),
        ),
      ),
      this.#phone(),
      this.#identity(),
      group(
        "The hotel's process",
        this.#hotel,
        this.#does("Kill it", "Killed. It is back in some seconds; write meanwhile.", () =>
          asks("/hotel-process/kill", { seconds: 3 }),
        ),
        this.#does("Cut the line of staff for 5 s", "Staff have no line for 5 seconds.", () =>
          asks("/line", { seconds: 5 }),
        ),
      ),
    );
    const round = async () => {
      await this.#look();
      setTimeout(round, 2_000);
    };
    void round();
  }

  async #look() {
    const answer = await fetch("/simulator/hotel-process").catch(() => null);
    if (answer?.ok) {
      const { isOpen, pid, restarts } = await answer.json();
      const again = restarts === 0 ? "" : `, after ${restarts} restart${restarts === 1 ? "" : "s"}`;
      this.#hotel.textContent = isOpen ? `Open: process ${pid}${again}.` : "Not there at the moment.";
    }
    const told = await fetch("/simulator/clock").catch(() => null);
    if (told?.ok) this.#tells(await told.json());
  }

  #tells({ now, hoursAhead }) {
    const ahead = hoursAhead === 0 ? "" : `, ${Math.round(hoursAhead * 10) / 10} h ahead of yours`;
    this.#clock.textContent = `${new Date(now).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}${ahead}`;
  }

  #does(words, done, act, attributes) {
    return button(
      words,
      async () => {
        this.#done.textContent = "";
        if ((await act()) !== null) this.#done.textContent = done;
        void this.#look();
      },
      attributes,
    );
  }

  #hours(hours) {
    const words = `Let ${hours} hour${hours === 1 ? "" : "s"} pass`;
    return this.#does(words, `${hours} hour${hours === 1 ? " has" : "s have"} passed for the whole hotel.`, () =>
      asks("/clock", { hours }),
    );
  }

  #phone() {
    const choices = [
      ["all", "on, and reads at once"],
      ["delivered", "on, and reads when told to"],
      ["nothing", "off: nothing arrives"],
    ];
    const chosen = element("select", {}, ...choices.map(([value, text]) => element("option", { value, text })));
    chosen.addEventListener("change", async () => {
      if ((await reports(phones.current, chosen.value)) !== null) phones.alter({ reports: chosen.value });
    });
    phones.addEventListener("change", () => {
      chosen.value = phones.current.reports ?? "all";
    });
    chosen.value = phones.current.reports ?? "all";
    return group("This guest's phone", element("label", {}, element("span", { text: "The phone is" }), chosen));
  }

  #identity() {
    const number = element("input", {
      inputmode: "numeric",
      pattern: "\\d{7,15}",
      required: true,
      placeholder: "12025550151",
    });
    const change = element(
      "form",
      {
        class: "stack",
        onsubmit: async (event) => {
          event.preventDefault();
          const said = await becomes(phones.current, { phone: number.value });
          if (said === null) return;
          number.value = "";
          phones.alter({ address: said.identity.waId });
          this.#done.textContent = "WhatsApp has told each hotel with a chat.";
        },
      },
      element("label", {}, element("span", { text: "New number" }), number),
      element("button", { type: "submit", text: "Change the number" }),
    );
    return group(
      "Who this guest is",
      this.#does("Username only: hide the phone", "From the next message on webhooks carry no phone.", () =>
        becomes(phones.current, { hidesPhone: true }),
      ),
      this.#does("Show the phone again", "Webhooks carry the phone again.", () =>
        becomes(phones.current, { hidesPhone: false }),
      ),
      this.#does("Stop offers", "The hotel has heard that this guest wants no marketing.", () =>
        prefers(phones.current, "stop"),
      ),
      this.#does("Offers again", "The hotel has heard that offers are welcome.", () =>
        prefers(phones.current, "resume"),
      ),
      change,
    );
  }
}

const group = (title, ...parts) =>
  element("section", { "aria-label": title }, element("h3", { text: title }), ...parts);

customElements.define("street-controls", StreetControls);
