import { desk } from "./desk.js";
import { clearLine, lineIsDown } from "./notice.js";
import { element } from "./dom.js";

/** Whether what is shown is what is. */
const SAYS = {
  live: "Online",
  connecting: "Connecting …",
  offline: "Offline: connecting again …",
  stopped: "Not connected",
};
/** Why it does not come back by itself. */
const STOPPED = {
  unauthenticated: "Signed out: sign in again",
  forbidden: "No conversation is yours to see",
  version_unsupported: "This page is too old: load it again",
};

class ConnectionState extends HTMLElement {
  #wasLive = false;

  connectedCallback() {
    this.dot = element("span", { class: "dot", "aria-hidden": "true" });
    this.text = element("span", { role: "status" });
    this.append(this.dot, this.text);
    desk.watch(() => this.#show());
  }

  #show() {
    this.hidden = desk.client === null;
    if (desk.client === null) {
      this.#wasLive = false;
      return;
    }
    const { status, reason } = desk.client.getState().connection;
    this.dataset.status = status;
    const again = status === "connecting" && this.#wasLive ? "Reconnecting …" : SAYS[status];
    const text =
      status === "live" && desk.resynced
        ? "Online: everything was read anew"
        : status === "stopped"
          ? (STOPPED[reason] ?? SAYS.stopped)
          : again;
    if (this.text.textContent !== text) this.text.textContent = text;
    if (status === "live") {
      this.#wasLive = true;
      clearLine();
    } else if (status === "offline") lineIsDown();
  }
}
customElements.define("connection-state", ConnectionState);
