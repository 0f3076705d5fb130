import type { Secret } from "../domain/secret.js";
import type { FormTokens } from "../flow/advance.js";
import { isFlowPromptId } from "../decide/ids.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Storage } from "../ports/storage.js";
import { openFlowToken, sealFlowToken, type FlowTokenOf } from "./flow-token.js";

/** Milliseconds for which a flow's form can be opened. Ours: longer than any question waits for its answer. */
const FORM_MS = 30 * 24 * 60 * 60_000;

/** The tokens of flows' forms. @param secrets the first seals, each opens */
export const formTokens = (secrets: readonly [string | Secret, ...(string | Secret)[]]): FormTokens => ({
  seal: (of, now) => sealFlowToken(secrets, { ...of, expiresAt: new Date(now.getTime() + FORM_MS) }),
  open: (token, now) => openFlowToken(secrets, token, now),
});

/** Whether a form is still to be filled in: a flow's while its question stands, one of the host's own always. */
export async function isFormLive(
  storage: Pick<Storage, "loadChats">,
  hotels: HotelsPort,
  { hotelId, guestId, promptId }: FlowTokenOf,
): Promise<boolean> {
  if (!isFlowPromptId(promptId)) return true;
  const hotel = await hotels.byId(hotelId);
  const [number] = hotel?.numbers ?? [];
  if (number === undefined) return false;
  const { phoneNumberId } = number;
  const key = { hotelId, phoneNumberId, guestId, wamids: [], promptIds: [promptId], addresses: [] };
  const [state] = (await storage.loadChats([key])).states;
  return state?.runs.some((run) => run.endedAt === null && run.promptId === promptId) ?? false;
}
