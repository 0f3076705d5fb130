import type { Permission } from "../../src/domain/access.js";

/**
 * Who may do what, written by hand. `theirs`: in the hotels and departments that the host named for a member of the staff; `own`: in
 * the guest's own conversations; `all`: everywhere; `-`: nowhere. `of`: what it is about has a `department`, belongs to the `hotel` as
 * a whole (so that staff of single departments do not reach it), or is for `anyone` of the hotel.
 */
export const MATRIX = read(`
permission                 of          agent   manager  admin   guest  operator  system
  conversation.list          department  theirs  theirs   theirs  own    -         all
  conversation.read          department  theirs  theirs   theirs  own    -         all
  conversation.reply         department  theirs  theirs   theirs  -      -         all
  conversation.write         department  theirs  theirs   theirs  -      -         all
  conversation.note          department  theirs  theirs   theirs  -      -         all
  conversation.typing        department  theirs  theirs   theirs  -      -         all
  conversation.markRead      department  theirs  theirs   theirs  -      -         all
  conversation.markUnread    department  theirs  theirs   theirs  -      -         all
  conversation.transfer      department  theirs  theirs   theirs  -      -         all
  conversation.close         department  theirs  theirs   theirs  -      -         all
  conversation.askRating     department  theirs  theirs   theirs  -      -         all
  conversation.reopen        department  theirs  theirs   theirs  -      -         all
  conversation.assign        department  theirs  theirs   theirs  -      -         all
  conversation.unassign      department  theirs  theirs   theirs  -      -         all
  conversation.assignOthers  department  -       theirs   theirs  -      -         all
  conversation.prioritise    department  theirs  theirs   theirs  -      -         all
  conversation.tag           department  theirs  theirs   theirs  -      -         all
  conversation.snooze        department  theirs  theirs   theirs  -      -         all
  conversation.unsnooze      department  theirs  theirs   theirs  -      -         all
  conversation.takeover      department  theirs  theirs   theirs  -      -         all
  conversation.giveback      department  theirs  theirs   theirs  -      -         all
  conversation.startFlow     department  theirs  theirs   theirs  -      -         all
  conversation.stopFlow      department  theirs  theirs   theirs  -      -         all
  conversation.approve       department  theirs  theirs   theirs  -      -         all
  conversation.readFlow      department  theirs  theirs   theirs  -      -         all
  conversation.replayFlow    department  -       theirs   theirs  -      -         all
  conversation.readStay      department  theirs  theirs   theirs  -      -         all
  conversation.readTasks     department  theirs  theirs   theirs  -      -         all
  conversation.createTask    department  theirs  theirs   theirs  -      -         all
  message.explain            department  theirs  theirs   theirs  -      -         all
  message.resend             department  theirs  theirs   theirs  -      -         all
  message.resolve            department  theirs  theirs   theirs  -      -         all
  attachment.read            department  theirs  theirs   theirs  own    -         all
  attachment.add             department  theirs  theirs   theirs  -      -         all
  attachment.keep            department  theirs  theirs   theirs  -      -         all
  attachment.discard         department  theirs  theirs   theirs  -      -         all
  mention.list               department  theirs  theirs   theirs  -      -         all
  guest.read                 department  theirs  theirs   theirs  -      -         all
  guest.consent              department  theirs  theirs   theirs  -      -         all
  guest.merge                hotel       -       theirs   theirs  -      -         all
  guest.erase                hotel       -       -        theirs  -      all       all
  guest.export               hotel       -       -        theirs  -      -         all
  savedReply.list            department  theirs  theirs   theirs  -      -         all
  savedReply.write           department  -       theirs   theirs  -      -         all
  template.list              anyone      theirs  theirs   theirs  -      all       all
  template.sync              hotel       -       -        theirs  -      all       all
  events.list                hotel       -       theirs   theirs  -      all       all
  audit.list                 hotel       -       theirs   theirs  -      -         all
  audit.export               hotel       -       -        theirs  -      -         all
  audit.verify               hotel       -       -        theirs  -      -         all
  times.read                 department  -       theirs   theirs  -      -         all
  sender.list                hotel       -       theirs   theirs  -      all       all
  sender.resume              hotel       -       -        theirs  -      all       all
  dead.list                  hotel       -       theirs   theirs  -      all       all
  dead.replay                hotel       -       -        theirs  -      all       all
  kept.list                  hotel       -       theirs   theirs  -      all       all
  kept.reprocess             hotel       -       -        theirs  -      all       all
  pms.apply                  hotel       -       -        theirs  -      -         all
  data.prune                 hotel       -       -        theirs  -      all       all
`);

export type Who = "agent" | "manager" | "admin" | "guest" | "operator" | "system";
export type Cell = "theirs" | "own" | "all" | "-";
export type Row = Readonly<Record<Who, Cell>> & {
  readonly permission: Permission;
  readonly of: "department" | "hotel" | "anyone";
};

function read(table: string): readonly Row[] {
  const [names = [], ...rows] = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at]])) as unknown as Row);
}
