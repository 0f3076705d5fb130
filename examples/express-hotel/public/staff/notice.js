/** The line above everything that says what went wrong, or that the hotel cannot be reached. */

const place = () => document.getElementById("trouble");

/** Says why something was not done; an empty text takes it back. The state of the line outlives it. */
export function complain(text) {
  const line = place();
  if (text === "" && line.dataset.kind !== "answer") return;
  line.dataset.kind = "answer";
  line.textContent = text;
}

export function lineIsDown() {
  const line = place();
  line.dataset.kind = "line";
  line.textContent = "The hotel cannot be reached. What you wrote is kept, and sent when it is back.";
}

export function clearLine() {
  const line = place();
  if (line.dataset.kind === "line") line.textContent = "";
}
