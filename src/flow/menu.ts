import type { Hotel } from "../domain/hotel.js";
import type { FlowBook } from "./book.js";

/** What is wrong with a hotel's menu, and where in the hotel. */
export interface MenuProblem {
  /** As `menu.entries.2.flowId`. */
  readonly path: string;
  readonly message: string;
}

/** Entries of a hotel's menu that name what there is not: nobody who chose them could be helped. */
export const menuProblems = ({ menu, departments }: Hotel, book: Pick<FlowBook, "newest">): readonly MenuProblem[] =>
  (menu?.entries ?? []).flatMap((entry, index): readonly MenuProblem[] => {
    const has = (id: string): boolean => departments.some((department) => department.id === id);
    const path = `menu.entries.${String(index)}`;
    if ("departmentId" in entry)
      return has(entry.departmentId)
        ? []
        : [{ path: `${path}.departmentId`, message: "names no department of the hotel" }];
    const flow = book.newest(entry.flowId);
    if (flow === null) return [{ path: `${path}.flowId`, message: "names none of the desk's flows" }];
    return flow.departmentId === null || has(flow.departmentId)
      ? []
      : [{ path: `${path}.flowId`, message: "names a flow whose department the hotel does not have" }];
  });
