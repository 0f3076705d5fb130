import { hotelOn, written } from "./hotel.ts";

/** A process of the hotel to which a guest writes message after message; it says which of them WhatsApp heard 200 for. usage: node writer.ts FILE GUEST FIRST */
const [file = "", guest = "", first = "0"] = process.argv.slice(2);
const desk = hotelOn(file);
await desk.start({ migrate: true });
for (let n = Number(first); ; n++) {
  const { body, signature } = written(guest, String(n));
  const { status } = await desk.receive({ body: Buffer.from(body), signature });
  if (status === 200) process.stdout.write(`${n}\n`);
}
