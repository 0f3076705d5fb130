import { memoryStorage } from "../../adapters/memory/index.js";
import { scenario, type ScenarioOptions } from "../../src/testing/scenario.js";
import type { ManualClock } from "../../src/testing/manual-clock.js";

const inMemory = (clock: ManualClock) => memoryStorage({ clock });

export const stayWith = (flows: ScenarioOptions["flows"], more: Partial<ScenarioOptions> = {}) =>
  scenario({ storage: inMemory, ...(flows !== undefined && { flows }), ...more });
