import { residualNeedsEqualShapes } from "../../../src/language/rules/residual-needs-equal-shapes.js";
import { conv, ir, ruleSuite } from "./rule-suite.js";

ruleSuite(residualNeedsEqualShapes, {
  fine: [[[ir(`"residual": true, "repeat": 3`)]], [[conv(`"residual": false`)]]],
  wrong: [
    [
      [ir(`"stride": 2, "residual": true`)],
      [],
      ["$.stages[0].residual 4:90 a block of stride 2 can't add its input to its output"],
    ],
    [
      [conv(`"residual": true`)],
      [],
      ["$.stages[0].residual 4:57 a block from 16 to 24 channels can't add its input to its output"],
    ],
  ],
}).run();
