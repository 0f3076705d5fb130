import { desk } from "./desk.js";
import { tableOf } from "./content.js";
import { button, element, labelled, said, select } from "./dom.js";
import { dayAndTime } from "./time.js";

/** How far a guest is in the flow that ran here last, and what they answered so far. */
const STATUS = {
  running: "under way",
  waiting: "waits for the guest",
  handedOff: "was handed to staff",
  finished: "finished",
  stopped: "was stopped",
  failed: "failed",
  expired: "ran out of time",
};
const MARKS = { pending: "…", succeeded: "✓", failed: "!", skipped: "–", expired: "⏱" };

export async function flowOf({ id, mode, status }) {
  const { run } = await desk.client.api.flowRun(id);
  const parts = [];
  if (run === null) parts.push(element("p", { text: "No flow ran here.", class: "soft" }));
  else {
    const name = desk.flows.find((flow) => flow.id === run.flowId)?.name ?? run.flowId;
    parts.push(
      element(
        "p",
        {},
        said(name, { class: "heading" }),
        element("span", { text: ` ${STATUS[run.status]}, since ${dayAndTime(run.startedAt)}`, class: "soft" }),
      ),
      element(
        "ol",
        { class: "plain steps flow-steps" },
        ...run.steps.map(({ step, round, result }) =>
          element(
            "li",
            { ...(step === run.step && run.endedAt === null && { "aria-current": "step" }) },
            element("span", { text: MARKS[result], "aria-hidden": "true" }),
            said(round === "" ? step : `${step} (${round})`),
            element("span", { text: result, class: "soft" }),
          ),
        ),
      ),
    );
    const answers = Object.entries(run.answers).filter(([, value]) => value !== null);
    if (answers.length > 0) parts.push(element("h3", { text: "Answers so far" }), tableOf(answers));
    if (run.approval !== null && run.approval.decision !== null)
      parts.push(element("p", { class: "soft" }, said(run.approval.note), ` ${run.approval.decision.outcome}`));
  }
  if (status === "open" && mode !== "flow" && desk.flows.length > 0) parts.push(begin(id));
  return parts;
}

function begin(id) {
  const which = select(desk.flows.map((flow) => ({ value: flow.id, text: flow.name })));
  return element(
    "div",
    { class: "row" },
    labelled("Begin", which),
    button("Begin it", () => desk.asked(desk.client.api.startFlow(id, { flowId: which.value }))),
  );
}
