import { auditId } from "../decide/ids.js";
import { reach, reaches } from "../domain/access.js";
import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import type { Desk } from "./desk-api.js";
import type { DeskOptions } from "./desk.js";

type SenderDesk = Pick<Desk, "senders" | "resumeSender">;

/** The numbers as what sends, for one principal. */
export function senderDesk(
  principal: Principal,
  { storage, hotels, roles, ids, publish, wake }: DeskOptions,
): SenderDesk {
  return {
    senders: () => storage.senders({ reach: reach(principal, "sender.list", roles) }),

    async resumeSender(phoneNumberId, { reason = "resume" } = {}) {
      const hotel = await hotels.byNumber(phoneNumberId);
      if (hotel === null || !reaches(reach(principal, "sender.resume", roles), hotel.id, null))
        throw new ConversationError("not_found");
      const audit = {
        id: auditId(ids()),
        actor: { kind: principal.kind, id: principal.id },
        action: "sender.resume",
        reason,
        target: { kind: "sender", id: phoneNumberId },
      } as const;
      publish(await storage.resume({ hotelId: hotel.id, phoneNumberId, audit }));
      wake("outbound");
    },
  };
}
