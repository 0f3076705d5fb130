import fc from "fast-check";

// Chance that differs between two runs would tell a mutant of one from the other, and not from the code.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 19_770_503 });
