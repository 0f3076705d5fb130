/** Meta's window for free-form messages: 24 h from the guest's last message. Source: WhatsApp "Send messages" (2026). */
export const SERVICE_WINDOW_MS = 24 * 60 * 60 * 1000;

/** A message that leaves in the window's last moments may arrive after it, so it is not sent. Ours: one minute. */
export const SERVICE_WINDOW_MARGIN_MS = 60_000;

/** The window as staff see it: until when it is open, or since when it is not; null: the guest never wrote. */
export type ServiceWindow =
  { readonly open: true; readonly closesAt: Date } | { readonly open: false; readonly closesAt: Date | null };

export const windowAt = (closesAt: Date | null, now: Date): ServiceWindow =>
  closesAt !== null && windowIsOpen(closesAt, now) ? { open: true, closesAt } : { open: false, closesAt };

/** When the window closes after a message the guest wrote at `sentAt`; it never moves back. */
export function windowAfter(sentAt: Date, closesAt: Date | null): Date {
  const next = sentAt.getTime() + SERVICE_WINDOW_MS;
  return new Date(Math.max(next, closesAt?.getTime() ?? next));
}

/**
 * When the window closes once WhatsApp has found it closed for what left at `leftAt`; null where that changes nothing: it is closed here
 * too, or the guest has opened it since. What guests write has whole seconds, so that of the same second counts as since.
 */
export function windowFoundClosed(leftAt: Date, closesAt: Date | null, now: Date): Date | null {
  if (closesAt === null || !windowIsOpen(closesAt, now)) return null;
  const openedAt = closesAt.getTime() - SERVICE_WINDOW_MS;
  return openedAt >= Math.floor(leftAt.getTime() / 1000) * 1000 ? null : leftAt;
}

/** Whether a free-form message may still be sent. Nothing that staff send opens or extends the window. */
export const windowIsOpen = (closesAt: Date | null, now: Date): boolean =>
  closesAt !== null && now.getTime() < closesAt.getTime() - SERVICE_WINDOW_MARGIN_MS;
