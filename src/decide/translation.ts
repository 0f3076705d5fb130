import { ownerOf, type Amendment } from "../domain/amendment.js";
import type { Change } from "../domain/change.js";
import type { MessageContent } from "../domain/content.js";
import type { Hotel } from "../domain/hotel.js";
import type { NewWork } from "../domain/work.js";
import type { ChatState } from "../ports/work-storage.js";
import { translationWorkId } from "./ids.js";
import { primaryOf } from "./language.js";
import { writtenIn } from "./written.js";

/** Into what guests' words are translated. */
export const staffLanguageOf = ({ staffLanguage, language }: Hotel): string => staffLanguage ?? language ?? "en";

/** A change with the work of translating what the guest wrote in it, or wrote anew. Whoever speaks the staff's language needs none. */
export function withTranslation(
  change: Change,
  state: ChatState,
  { workId, phoneNumberId }: { readonly workId: string; readonly phoneNumberId: string },
  hotel: Hotel,
): Change {
  const { id: guestId, language } = state.guest;
  if (language !== undefined && primaryOf(language) === primaryOf(staffLanguageOf(hotel))) return change;
  const written = change.messages.find(
    (one) => one.direction === "inbound" && one.author.kind === "guest" && says(one.content),
  );
  const messageId = written?.id ?? change.amendments.map((one) => editedIn(one, state)).find((id) => id !== null);
  if (messageId === undefined) return change;
  const work: NewWork = {
    id: translationWorkId(workId),
    kind: "translation",
    phoneNumberId,
    guestId,
    payload: { messageId },
  };
  return { ...change, work: [...change.work, work] };
}

function editedIn({ wamid, act, by }: Amendment, state: ChatState): string | null {
  const target = state.known.get(wamid);
  if (target?.direction !== "inbound" || by !== ownerOf(target)) return null;
  return (act.kind === "edited" || act.kind === "understood") && says(act.content) ? target.messageId : null;
}

/** Emoji and numbers are read in any language. */
const says = (content: MessageContent): boolean => /\p{L}/u.test(writtenIn(content) ?? "");
