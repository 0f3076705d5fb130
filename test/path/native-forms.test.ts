import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  ConversationManager,
  defineFlow,
  flowEndpointHandler,
  keyword,
  newFlowKeys,
  type FlowScreenRequest,
  type OutgoingMessage,
} from "../../src/index.js";
import { flowPhone } from "../../src/testing/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

const INES = "12025550101";
const PASSPHRASE = "between the two of us";

const dinner = defineFlow({ id: "dinner", version: 1, triggers: [keyword("dinner")] })
  .form("table", {
    text: "When do you come?",
    label: "Choose a table",
    form: { id: "700000000000001" },
    start: () => "endpoint",
    schema: z.object({ time: z.string() }),
  })
  .say("thanks", ({ answers }) => `See you at ${answers.table.time}.`)
  .build();

let desk: ConversationManager;
afterEach(() => desk.stop());

test("a guest fills in a flow's form once, and its token is theirs alone (T73)", async () => {
  const sent: OutgoingMessage[] = [];
  desk = new ConversationManager({
    hotels,
    storage: memoryStorage(),
    transport: {
      send(message) {
        sent.push(message);
        return Promise.resolve({ outcome: "accepted", wamid: `wamid.sent.${String(sent.length)}` });
      },
    },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 10 },
    flows: [dinner],
  });
  await desk.start();
  const { publicKey, privateKey } = await newFlowKeys({ passphrase: PASSPHRASE });
  const asked: FlowScreenRequest[] = [];
  const endpoint = desk.flowEndpoint({
    privateKeys: [{ key: privateKey, passphrase: PASSPHRASE }],
    onFlow(request) {
      asked.push(request);
      return request.action === "submit"
        ? { finish: { time: "19:30" } }
        : { screen: "TIMES", data: { free: ["19:30"] } };
    },
  });
  const handle = flowEndpointHandler(endpoint);
  const phone = flowPhone({ publicKey, appSecret: APP_SECRET });
  const opens = async (token: string, action = "INIT") => {
    const { body, signature, read } = await phone.asks({ action, flow_token: token });
    const headers = { "x-hub-signature-256": signature };
    const answer = await handle(new Request("https://hotel.example/flows", { method: "POST", body, headers }));
    return { status: answer.status, says: await read(await answer.text()) };
  };
  let serial = 0;
  const writes = async (instead: object): Promise<void> => {
    const id = `wamid.${String(++serial)}`;
    const message = {
      from: INES,
      from_user_id: `US.${INES}`,
      id,
      timestamp: String(Math.floor(Date.now() / 1000)),
      ...instead,
    };
    await desk.receive(delivery([{ from: INES, wamid: id, text: "", instead: message }]));
  };
  const sendsOff = (answers: object) =>
    writes({
      type: "interactive",
      interactive: {
        type: "nfm_reply",
        nfm_reply: { name: "flow", body: "Sent", response_json: JSON.stringify(answers) },
      },
    });
  const texts = () => sent.flatMap(({ content }) => (content.type === "text" ? [content.text] : []));

  await writes({ type: "text", text: { body: "Dinner" } });
  const form = await eventually("the form is sent", () =>
    Promise.resolve(sent.map(({ content }) => content).find(({ type }) => type === "form") ?? null),
  );
  if (form.type !== "form" || form.token === undefined) throw new Error("the form has no token");
  const { token } = form;

  expect(await opens(token)).toMatchObject({ status: 200, says: { screen: "TIMES" } });
  const [{ items }] = await Promise.all([desk.as(manager).conversations({})]);
  expect(asked[0]).toMatchObject({ hotelId: "grand", guestId: items[0]?.guest.id, action: "init" });
  expect(await opens(token, "data_exchange")).toMatchObject({
    status: 200,
    says: { screen: "SUCCESS", data: { extension_message_response: { params: { flow_token: token, time: "19:30" } } } },
  });

  // Whoever makes a token up answers nothing.
  await sendsOff({ flow_token: asked[0]?.promptId, time: "03:00" });
  await eventually("the question is asked anew", () => Promise.resolve(sent.length === 2 ? true : null));
  expect(await opens(token)).toMatchObject({ status: 200 });

  await sendsOff({ flow_token: token, time: "19:30" });
  await eventually("the table is taken", () => Promise.resolve(texts().length > 0 ? true : null));
  expect(texts()).toEqual(["See you at 19:30."]);
  expect(await opens(token)).toMatchObject({ status: 427 });
});
