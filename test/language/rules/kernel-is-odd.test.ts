import * as assert from "uvu/assert";
import { kernelIsOdd } from "../../../src/language/rules/kernel-is-odd.js";
import { problems } from "../support.js";
import { ir, ruleSuite } from "./rule-suite.js";

const test = ruleSuite(kernelIsOdd, {
  fine: [[[ir(`"kernel": 1`), ir(`"kernel": 63`)]]],
  wrong: [
    [[ir(`"kernel": 2`)], [], ["$.stages[0].kernel 4:75 the kernel must be odd, got 2"]],
    [[ir(`"kernel": 3`), ir(`"kernel": 4`)], [], ["$.stages[1].kernel 5:75 the kernel must be odd, got 4"]],
    [[ir(`"kernels": [3, 4]`)], [], ["$.stages[0].kernels[1] 4:80 the kernel must be odd, got 4"]],
    [
      [`{ "block": "basic", "channels": 16, "shortcutKernel": 2 }`],
      [],
      ["$.stages[0].shortcutKernel 4:55 the kernel must be odd, got 2"],
    ],
  ],
});

test("an even kernel of the stem", () => {
  const [problem] = problems(`{ "stem": { "channels": 8, "kernel": 2 }, "stages": ["cn_r1_k3_s1_c8"] }`);
  assert.is(problem?.path, "$.stem.kernel");
});

test.run();
