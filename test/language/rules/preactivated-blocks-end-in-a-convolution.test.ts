import { preactivatedBlocksEndInAConvolution } from "../../../src/language/rules/preactivated-blocks-end-in-a-convolution.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(preactivatedBlocksEndInAConvolution, {
  fine: [
    [[`{ "block": "basic", "channels": 24, "branchActivation": true, "shortcut": "conv-average-pool" }`]],
  ],
  wrong: [
    [
      [
        `{ "block": "basic", "channels": 24, "preactivation": true, "branchActivation": true, "shortcut": "conv-average-pool" }`,
      ],
      [],
      [
        "$.stages[0].branchActivation 4:80 a block with `preactivation` has no activation there",
        "$.stages[0].shortcut 4:98 a block with `preactivation` has no activation there",
      ],
    ],
  ],
}).run();
