import type { Secret } from "../domain/secret.js";
import type { JsonValue } from "../domain/json.js";
import type { DeskLogger } from "../ports/logger.js";
import { readFlowKeys, type FlowPrivateKey } from "../whatsapp/flow-keys.js";
import { flowAnswers, openFlowRequest, type FlowAction, type OpenedFlowRequest } from "../whatsapp/flows-endpoint.js";
import type { JsonObject } from "../whatsapp/json.js";
import { verifySignature } from "../whatsapp/signature.js";
import type { Floods } from "./floods.js";
import { openFlowToken, type FlowTokenOf } from "./flow-token.js";
import { WEBHOOK_MAX_BYTES, type WebhookDelivery } from "./receive.js";
import { warnings } from "./warnings.js";
import { whereFrom } from "./where-from.js";

/** What a native Flow asks the host: what to show next. `data` comes from the guest's phone, and may be anything. */
export interface FlowScreenRequest extends FlowTokenOf {
  /** `init`: the form was opened; `back`: the guest went back to a screen that asks anew; `submit`: a screen was filled in. */
  readonly action: FlowAction;
  /** The screen that was filled in, or gone back to; null where it was just opened. */
  readonly screen: string | null;
  readonly data: Readonly<Record<string, JsonValue>>;
  /** Aborted at the deadline: nobody hears an answer any more. */
  readonly signal: AbortSignal;
}

/** What a form shows next. */
export type FlowScreenAnswer =
  /** The next screen; `error` is a line that the screen shows as what is wrong. */
  | {
      readonly screen: string;
      readonly data?: Readonly<Record<string, JsonValue>>;
      readonly error?: string;
    }
  /** The form is done: it closes, and what is given here comes as the guest's message. */
  | { readonly finish: Readonly<Record<string, JsonValue>> }
  /** The form is good for nothing any more: `over` is what the guest reads, and its button opens nothing from then on. */
  | { readonly over: string };

/** The keys of an endpoint for native forms, and who answers. */
export interface FlowEndpointOptions {
  /** As `newFlowKeys()` makes them, tried in order. Several while a number gets another key: take the old one out when none asks for it. */
  readonly privateKeys: readonly FlowPrivateKey[];
  /** Says what the form shows. What it throws, and what it takes too long for, the guest sees as a fault that they may try again. */
  readonly onFlow: (request: FlowScreenRequest) => FlowScreenAnswer | Promise<FlowScreenAnswer>;
  /**
   * Whether a form is still to be filled in: false for one that was sent off, or that nobody waits for. By default a flow's form is for as
   * long as its question stands, and a form of the host's own until it expires.
   */
  readonly isLive?: (of: FlowTokenOf) => boolean | Promise<boolean>;
  /** 8 s by default, in milliseconds: WhatsApp waits about 10. */
  readonly deadlineMs?: number;
  /** What a guest reads whose form is no longer valid. */
  readonly overText?: string;
}

/** What the desk adds to them. */
export interface FlowEndpointSetting {
  readonly appSecrets: readonly (string | Secret)[];
  readonly tokenSecrets: readonly (string | Secret)[];
  readonly logger: DeskLogger;
  readonly floods?: Floods;
  /** The time by which a token is over. */
  readonly now: () => Promise<Date>;
}

/** The data endpoint of native WhatsApp Flows, in no framework's words. */
export interface FlowEndpoint {
  /** Answers a request of WhatsApp's. Never throws. */
  receive(delivery: WebhookDelivery): Promise<FlowEndpointAnswer>;
  readonly logger: DeskLogger;
  readonly floods?: Floods;
}

/** The body is `text/plain`, and empty where there is nothing to say. */
export interface FlowEndpointAnswer {
  readonly status: number;
  readonly body: string;
}

/** Source of the three of WhatsApp's own: Flows "Implementing endpoints for Flows" (11 Nov 2025). */
const STATUS = {
  /** Fetch the public key anew. */
  undecryptable: 421,
  /** The form's token is good for nothing. */
  over: 427,
  signatureInvalid: 432,
  tooLarge: 413,
  unknownAction: 400,
  failed: 500,
} as const;

const DEADLINE_MS = 8_000;
const OVER_TEXT = "This form is no longer valid. Please write to us if you still need it.";

/**
 * Checks, decrypts and answers what native Flows ask. A form that no token of ours belongs to is over (427): whose it is, nobody knows.
 * @throws {ConversationError} `config_invalid` for keys that are none
 */
export function flowEndpoint(
  { privateKeys, onFlow, isLive, deadlineMs = DEADLINE_MS, overText = OVER_TEXT }: FlowEndpointOptions,
  { appSecrets, tokenSecrets, logger, floods, now }: FlowEndpointSetting,
): FlowEndpoint {
  const keys = readFlowKeys(privateKeys);
  const warn = warnings(logger);

  async function receive({ body, signature }: WebhookDelivery): Promise<FlowEndpointAnswer> {
    if (body.byteLength > WEBHOOK_MAX_BYTES) return nothing(STATUS.tooLarge);
    if (verifySignature(body, signature, appSecrets) !== "valid") {
      warn("flow_signature_invalid", "A request to the Flows endpoint is not signed with any of the app secrets.");
      return nothing(STATUS.signatureInvalid);
    }
    const opened = openFlowRequest(body, keys);
    if (opened === null) {
      warn(
        "flow_undecryptable",
        "A request to the Flows endpoint fits none of the private keys: WhatsApp may have another public key of this number.",
      );
      return nothing(STATUS.undecryptable);
    }
    try {
      return await answered(opened);
    } catch (error) {
      logger.error({ code: "flow_failed", ...whereFrom(error) }, "a native Flow could not be answered");
      return nothing(STATUS.failed);
    }
  }

  async function answered({ question, seal }: OpenedFlowRequest): Promise<FlowEndpointAnswer> {
    if (question.kind === "unknown") return nothing(STATUS.unknownAction);
    const { version } = question;
    const answer = (json: JsonObject, status = 200): FlowEndpointAnswer => ({
      status,
      body: seal(version === null || status !== 200 ? json : { version, ...json }),
    });
    if (question.kind === "ping") return answer(flowAnswers.alive);
    if (question.kind === "refused") {
      const { error } = question;
      warn("flow_answer_refused", "A guest's phone could make nothing of an answer of onFlow.", {
        error: error ?? "unknown",
      });
      return answer(flowAnswers.acknowledged);
    }
    const { token, action, screen, data } = question;
    const of = token === null ? null : openFlowToken(tokenSecrets, token, await now());
    if (of === null || token === null) return answer(flowAnswers.over(overText), STATUS.over);

    const said = await withinDeadline(async (signal) =>
      (await isLive?.(of)) === false ? { over: overText } : onFlow({ ...of, action, screen, data, signal }),
    );
    if ("over" in said) return answer(flowAnswers.over(textOf(said.over)), STATUS.over);
    if ("finish" in said) return answer(flowAnswers.finished(token, objectOf(said.finish)));
    const shown = {
      ...objectOf(said.data ?? {}),
      ...(said.error !== undefined && { error_message: textOf(said.error) }),
    };
    return answer(flowAnswers.screen(textOf(said.screen), shown));
  }

  /** @throws what the host throws, or a TimeoutError */
  async function withinDeadline<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController();
    let overdue: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      overdue = setTimeout(() => {
        const error = Object.assign(new Error("onFlow did not answer in time."), { name: "TimeoutError" });
        deadline.abort(error);
        reject(error);
      }, deadlineMs);
    });
    try {
      return await Promise.race([ask(deadline.signal), late]);
    } finally {
      clearTimeout(overdue);
    }
  }

  return { receive, logger, ...(floods !== undefined && { floods }) };
}

const nothing = (status: number): FlowEndpointAnswer => ({ status, body: "" });

/** A host without types may answer anything. */
function textOf(given: unknown): string {
  if (typeof given !== "string" || given === "") throw new TypeError("onFlow has to answer a text here.");
  return given;
}

/** A copy, as JSON has it. */
function objectOf(given: unknown): JsonObject {
  const { given: copy } = JSON.parse(JSON.stringify({ given })) as { readonly given?: unknown };
  if (typeof copy !== "object" || copy === null || Array.isArray(copy))
    throw new TypeError("onFlow has to answer an object here.");
  return copy as JsonObject;
}
