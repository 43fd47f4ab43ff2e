import { shortcutsFitTheirBranch } from "../../../src/language/rules/shortcuts-fit-their-branch.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(shortcutsFitTheirBranch, {
  fine: [
    [[`{ "block": "basic", "channels": 24, "shortcut": "zero-pad" }`]],
    [[`{ "block": "basic", "channels": 8, "shortcut": "zero-pad", "residual": false }`]],
    [[`{ "block": "basic", "channels": 24, "stride": 3 }`]],
    [
      [`{ "block": "basic", "channels": 24, "stride": 3, "shortcut": "average-pool" }`],
      [`"defaults": { "padding": "same" }`],
    ],
  ],
  wrong: [
    [
      [`{ "block": "basic", "channels": 8, "shortcut": "zero-pad" }`],
      [],
      ["$.stages[0].shortcut 4:48 zeros can't make 8 of 16 channels"],
    ],
    [
      [`{ "block": "basic", "channels": 24, "stride": 3, "shortcut": "average-pool" }`],
      [],
      [
        `$.stages[0].stride 4:47 a shortcut of "average-pool" with a stride of 3 is not as large as its branch`,
      ],
    ],
  ],
}).run();
