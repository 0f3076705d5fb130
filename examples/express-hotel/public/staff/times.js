import { departmentName, desk, personName } from "./desk.js";
import { dialog, element } from "./dom.js";
import { duration } from "./time.js";

/** How long guests waited in the last seven days: for those who run the hotel. */
const WEEK_MS = 7 * 86_400_000;

export async function showTimes() {
  const now = Date.now();
  const found = await desk.asked(
    desk.client.api.times({ from: new Date(now - WEEK_MS).toISOString(), to: new Date(now).toISOString() }),
  );
  if (found === null) return;
  const line = (name, { firstResponse, resolution, waiting, rating }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", text: name }),
      ...[
        firstResponse.medianMs === null ? "–" : duration(firstResponse.medianMs),
        firstResponse.p90Ms === null ? "–" : duration(firstResponse.p90Ms),
        resolution.medianMs === null ? "–" : duration(resolution.medianMs),
        String(waiting),
        rating.average === null ? "–" : `${rating.average} of 5`,
      ].map((text) => element("td", { text })),
    );
  const head = element(
    "tr",
    {},
    ...["", "First answer", "Nine of ten", "Solved", "Waiting", "Stars"].map((text) =>
      text === "" ? element("td") : element("th", { scope: "col", text }),
    ),
  );
  const table = element(
    "table",
    { class: "answers" },
    element("thead", {}, head),
    element(
      "tbody",
      {},
      line("All", found.all),
      ...found.departments.map((one) => line(departmentName(one.hotelId, one.departmentId), one)),
      ...found.staff.map((one) => line(personName(one.staffId), one)),
    ),
  );
  dialog("The last seven days", element("div", { class: "wide" }, table));
}
