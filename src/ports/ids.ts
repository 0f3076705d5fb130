import { randomFillSync } from "node:crypto";
import { V7Generator } from "uuidv7";

/** Makes ids: unique, hard to guess, and growing, so that index pages fill in order. */
export type Ids = () => string;

export const timeOrderedIds: Ids = () => generator.generate().toString();

/** Random bytes for some five hundred ids: to ask the system for a few at a time costs more than all the rest of an id. */
const random = Buffer.alloc(4_096);
let read = random.length;
const generator = new V7Generator({
  nextUint32() {
    if (read === random.length) {
      randomFillSync(random);
      read = 0;
    }
    read += 4;
    return random.readUInt32LE(read - 4);
  },
});
