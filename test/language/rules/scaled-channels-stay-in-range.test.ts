import { scaledChannelsStayInRange } from "../../../src/language/rules/scaled-channels-stay-in-range.js";
import { conv, ruleSuite } from "./rule-suite.js";

ruleSuite(scaledChannelsStayInRange, {
  fine: [[[conv(`"kernel": 1`)], [`"scaling": { "width": 64 }`]]],
  wrong: [
    [
      [`"cn_r1_k3_s1_c2048"`],
      [`"scaling": { "width": 33 }`],
      ["$.stages[0].channels 4:14 scaled, these are 67584 channels; at most 65536 are possible"],
    ],
    [
      [`"ir_r2_k3_s1_e60_c1200"`],
      [],
      ["$.stages[0].expansion 4:14 this expands to 72000 channels; at most 65536 are possible"],
    ],
    [
      [`{ "block": "bottleneck", "channels": 65536, "bottleneckRatio": 4 }`],
      [],
      ["$.stages[0].bottleneckRatio 4:64 this expands to 262144 channels; at most 65536 are possible"],
    ],
  ],
}).run();
