import { desk } from "./desk.js";
import { button, element, labelled, select } from "./dom.js";

/** Who is at the desk. The demo lets anybody be anybody; a hotel puts its own sign-in here. */
const KEY = "belldesk.who";

class SignIn extends HTMLElement {
  connectedCallback() {
    const people = desk.people.filter(({ role }) => role !== "operator");
    this.form = element("form", { class: "sign-in stack" });
    const who = select(people.map(({ token, name }) => ({ value: token, text: name })));
    this.form.append(
      element("h2", { text: "Who are you?" }),
      element("p", {
        class: "soft",
        text: "A demo: choose somebody, and see what they may see. Agents see their department, managers their hotel, the group's administrator both.",
      }),
      labelled("Staff", who),
      element("button", { type: "submit", class: "primary", text: "Sign in" }),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.signIn(who.value);
    });
    this.append(this.form);
    this.other = select(
      people.map(({ token, name }) => ({ value: token, text: name })),
      { id: "who" },
    );
    this.other.addEventListener("change", () => this.signIn(this.other.value));
    this.signOutButton = button(
      "Sign out",
      () => {
        sessionStorage.removeItem(KEY);
        desk.signOut();
      },
      { class: "quiet" },
    );
    document.querySelector("#account").append(labelled("Signed in as", this.other), this.signOutButton);
    desk.watch(() => this.#show());
    // An address may say who: once, and then it is nobody's to read over a shoulder.
    const wanted = location.hash.slice(1) || sessionStorage.getItem(KEY);
    if (location.hash !== "") history.replaceState(null, "", location.pathname);
    if (people.some(({ token }) => token === wanted)) this.signIn(wanted);
  }

  signIn(token) {
    const person = desk.people.find((one) => one.token === token);
    if (person === undefined) return;
    sessionStorage.setItem(KEY, token);
    desk.signIn(person);
  }

  #show() {
    this.hidden = desk.me !== null;
    document.body.classList.toggle("signed-in", desk.me !== null);
    document.querySelector("#account").hidden = desk.me === null;
    if (desk.me !== null) this.other.value = desk.me.token;
  }
}
customElements.define("sign-in", SignIn);
