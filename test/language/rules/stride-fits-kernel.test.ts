import { strideFitsKernel } from "../../../src/language/rules/stride-fits-kernel.js";
import { ir, ruleSuite } from "./rule-suite.js";

ruleSuite(strideFitsKernel, {
  fine: [[[ir(`"kernel": 3, "stride": 3`)]], [[`"cn_r1_k1_s1_c8"`]]],
  wrong: [[[`"cn_r1_k3_s4_c8"`], [], ["$.stages[0].stride 4:11 a stride of 4 on a 3x3 kernel skips pixels"]]],
}).run();
