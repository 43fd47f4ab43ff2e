import { networkIsNotTooDeep } from "../../../src/language/rules/network-is-not-too-deep.js";
import { ruleSuite } from "./rule-suite.js";

ruleSuite(networkIsNotTooDeep, {
  fine: [[[`"cn_r256_k3_s1_c8"`], [`"scaling": { "depth": 16 }`]]],
  wrong: [
    [
      [`"cn_r256_k3_s1_c8"`, `"cn_r1_k3_s1_c8"`],
      [`"scaling": { "depth": 16 }`],
      ["$.stages 3:11 the stages have 4112 blocks; at most 4096 are possible"],
    ],
  ],
}).run();
