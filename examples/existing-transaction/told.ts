import type { Intent } from "belldesk";

export interface Booking {
  readonly id: string;
  /** As WhatsApp has it: country code and number, digits alone. */
  readonly phone: string;
}

/** What the guest is told once their booking is paid: outside WhatsApp's service window a template that the hotel has. Asked twice, it is the same message. */
export const paid = ({ id, phone }: Booking): Intent => ({
  type: "write",
  hotelId: "grand",
  departmentId: "reception",
  to: { waId: phone },
  content: { type: "template", name: "paid", language: "en" },
  clientMessageId: `paid ${id}`,
});
