/** Stands before a host that runs as a process of its own (`--import`): its parent, which knows what must not be told, hears all that it answers. */
import { watchAnswers } from "./watch-answers.js";

watchAnswers((sink, text) => {
  if (process.connected) process.send?.({ told: { sink, text } });
});
