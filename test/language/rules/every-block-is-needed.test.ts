import { everyBlockIsNeeded } from "../../../src/language/rules/every-block-is-needed.js";
import { ruleSuite } from "./rule-suite.js";

const conv = (more: string): string => `{ "block": "conv-norm-act", "channels": 8${more} }`;

ruleSuite(everyBlockIsNeeded, {
  fine: [
    [[conv(`, "as": "a"`), conv(`, "as": "b"`), conv(`, "from": { "sum": ["a", "b"] }`)]],
    // A feature is read, too.
    [[conv(""), conv(`, "from": "stem"`)], [`"features": [{ "name": "side", "stage": 0 }]`]],
  ],
  wrong: [
    [[conv(""), conv(`, "from": "stem"`)], [], ["$.stages[0] 4:1 nothing reads the result of stage 0"]],
    // What only a lost stage reads is lost with it.
    [
      [conv(`, "as": "a"`), conv(`, "from": "a"`), conv(`, "from": "stem"`)],
      [],
      [
        "$.stages[0] 4:1 nothing reads the result of stage 0",
        "$.stages[1] 5:1 nothing reads the result of stage 1",
      ],
    ],
  ],
}).run();
