/**
 * Every id that a decision makes derives from the id of the work or command it is about, so deciding twice names the
 * same things twice, and the second time stores nothing.
 */
export const messageId = (rootId: string): string => `msg_${rootId}`;
/** One for each message sent again, however often somebody asks for it. */
export const resentMessageId = (messageId: string): string => `${messageId}_again`;
/** @param part from 0: a menu that is too long for one text goes on in others */
export const menuMessageId = (rootId: string, part: number): string =>
  part === 0 ? `msg_${rootId}_menu` : `msg_${rootId}_menu_${String(part + 1)}`;
export const conversationId = (rootId: string): string => `con_${rootId}`;
/** One for each chat, whatever brings its old messages. */
export const importedConversationId = (phoneNumberId: string, guestId: string): string =>
  `con_imported_${phoneNumberId}_${guestId}`;
export const promptId = (rootId: string): string => `prm_${rootId}`;
/** One for each item or command that says something about offers. */
export const consentId = (rootId: string): string => `cns_${rootId}`;
/** One for each message that WhatsApp refused because of the guest's wish. */
export const rejectionId = (messageId: string): string => `cns_rejected_${messageId}`;
export const awayMessageId = (rootId: string): string => `msg_${rootId}_away`;
export const confirmationId = (rootId: string): string => `msg_${rootId}_consent`;
/** One for each message that WhatsApp refused. */
export const refusedWorkId = (messageId: string): string => `refused_${messageId}`;
/** One for each time that a message was about to leave and WhatsApp said that the window is closed. */
export const foundClosedWorkId = (workId: string, epoch: number): string => `closed_${workId}_${String(epoch)}`;
export const sendWorkId = (messageId: string): string => `snd_${messageId}`;
/** One for each command that sets it. */
export const timerId = (rootId: string): string => `tmr_${rootId}`;
/** One for each item or command by which a conversation came to a department. */
export const assignmentId = (rootId: string): string => `asg_${rootId}`;
/** One for each time that staff are asked to decide. */
export const flowApprovalId = (runId: string, turn: number): string => `apr_${runId}_${String(turn)}`;
/** One for each item in which a guest wrote something, or wrote it anew. */
export const translationWorkId = (rootId: string): string => `trl_${rootId}`;
export const auditId = (rootId: string): string => `aud_${rootId}`;
/** One for each item in which card numbers were masked. */
export const maskedAuditId = (rootId: string): string => `aud_${rootId}_mask`;
/** One for each message that brings a file. */
export const attachmentId = (messageId: string): string => `att_${messageId}`;
/** The message that a file came with; null for one that came with none. */
export const messageOfFile = (attachmentId: string): string | null =>
  attachmentId.startsWith("att_msg_") ? attachmentId.slice("att_".length) : null;
export const fetchWorkId = (attachmentId: string): string => `med_${attachmentId}`;
export const forgetWorkId = (attachmentId: string): string => `med_${attachmentId}_forget`;
/** One for each time that a run needs what its guest sent no more. */
export const filesServedWorkId = (runId: string, turn: number): string => `med_${runId}_${String(turn)}_served`;
export const guestId = (rootId: string): string => `gst_${rootId}`;
/** One for each trigger or command that begins it. */
export const flowRunId = (rootId: string): string => `run_${rootId}`;
/** @param index of what the flow says in one go, from 0 */
export const flowMessageId = (rootId: string, index: number): string => `msg_${rootId}_flow_${String(index + 1)}`;
/** One for each question of a run. @param turn `""`: how those of the run begin */
export const flowPromptId = (runId: string, turn: number | ""): string => `prm_${runId}_${String(turn)}`;
/** Whether a prompt's id is a flow's: hosts name their own as they like. */
export const isFlowPromptId = (id: string): boolean => id.startsWith("prm_run_");
/** One for each call of a run to the host. */
export const flowCallId = (runId: string, turn: number): string => `call_${runId}_${String(turn)}`;
/** One for each conversation of a flow that another one goes on with. */
export const flowJoinedId = (conversationId: string): string => `joined_${conversationId}`;
/** One for each time that an item, a command or a timer sets it. */
export const flowTimerId = (rootId: string, what: string): string => `tmr_${rootId}_${what}`;
export const flowNoteId = (rootId: string): string => `msg_${rootId}_flow_note`;
/** What roots the ids of all that a rule does about a stay: it does so once. */
export const stayRootId = (reservationId: string, rule: string): string => `stay_${veiled(reservationId)}_${rule}`;
/** What roots the ids of all that an event of the hotel's own system changes. */
export const pmsRootId = (about: string, eventId: string): string => `pms_${veiled(`${about} ${eventId}`)}`;

/**
 * The same letters for the same text, from which it cannot be read. Ids outlive those whom they are about, in events and in the audit, and what the hotel's own
 * system calls a reservation leads to a person.
 */
function veiled(text: string): string {
  const words = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f].map((seed) => {
    let word = seed;
    for (let i = 0; i < text.length; i++) {
      word = Math.imul(word ^ text.charCodeAt(i), 0x5bd1e995 ^ seed);
      word = (word << 13) | (word >>> 19);
    }
    word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
    word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
    return ((word ^ (word >>> 16)) >>> 0).toString(36).padStart(7, "0");
  });
  return words.join("");
}
/** One for each instant at which a stay is looked at. */
export const stayTimerId = (reservationId: string, at: Date): string =>
  `tmr_stay_${reservationId}_${String(at.getTime())}`;
/** The lane in which a stay's timers come due. */
export const stayLane = (reservationId: string): string => `stay_${reservationId}`;
export const taskTimerId = (taskId: string): string => `tmr_${taskId}`;
export const taskCallId = (taskId: string): string => `call_${taskId}`;
/** One for each request that a guest makes, however often it is asked for. */
export const taskIdOf = (conversationId: string, key: string): string => `task_${conversationId}_${key}`;
