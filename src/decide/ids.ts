/**
 * Every id that a decision makes derives from the id of the work or command it is about, so deciding twice names the
 * same things twice, and the second time stores nothing.
 */
export const messageId = (rootId: string): string => `msg_${rootId}`;
export const menuMessageId = (rootId: string): string => `msg_${rootId}_menu`;
export const conversationId = (rootId: string): string => `con_${rootId}`;
/** One for each chat, whatever brings its old messages. */
export const importedConversationId = (phoneNumberId: string, guestId: string): string =>
  `con_imported_${phoneNumberId}_${guestId}`;
export const promptId = (rootId: string): string => `prm_${rootId}`;
export const sendWorkId = (messageId: string): string => `snd_${messageId}`;
export const auditId = (rootId: string): string => `aud_${rootId}`;
export const guestId = (rootId: string): string => `gst_${rootId}`;
