import { expect, test } from "vitest";
import { ROUTES } from "../../src/http/routes.js";
import { auditLines } from "../../src/index.js";
