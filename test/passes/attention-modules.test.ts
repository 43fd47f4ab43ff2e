import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gateOf } from "../../src/analysis/counts.js";
import { ATTENTION_TYPES, attentionTypeOf } from "../../src/ir/attention/modules.js";
import { printGraph } from "../../src/ir/print.js";
import { ATTENTION_VARIANTS } from "../attention-variants.js";
import { assertKeepsValues, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: attention modules");

/** A gate between two layers, over 32 channels of 5×4 places. */
const NETWORK = `graph "g" {
  block /stages/0/blocks/0 "inverted-residual" channels 16 stage 0 index 0
  input %x : float32[N, 32, 5, 4]
  %a : float32[N, 32, 5, 4] = silu(%x) loc(/stages/0/blocks/0/act)
  %stages/0/blocks/0/attention : float32[N, 32, 5, 4] = attention.se-var1(%a) loc(/stages/0/blocks/0/attention by swap-attention)
  %y : float32[N, 32, 5, 4] = tanh(%stages/0/blocks/0/attention) loc(/y)
  return %y
}`;

for (const from of ATTENTION_TYPES) {
  test(`${from} can be swapped into every other gate, which is then as if made at once`, () => {
    const before = printGraph(rewrite(`swap-attention{to=${from}}`, NETWORK));
    for (const to of ATTENTION_TYPES) {
      if (to === from) continue;
      const graph = rewrite(`swap-attention{from=${from},to=${to}}`, before);
      assert.equal(
        graph.ops.flatMap((op) => attentionTypeOf(op.kind) ?? []),
        [to],
      );
      assert.fixture(printGraph(graph), printGraph(rewrite(`swap-attention{to=${to}}`, NETWORK)));
    }
  });
}

for (const to of ATTENTION_VARIANTS) {
  test(`${to}: lowering keeps the values, and text gives the gate back`, () => {
    const gated = printGraph(rewrite(`swap-attention{to=${to}}`, NETWORK));
    assertUnchanged(`swap-attention{to=${to}}`, gated);
    assertKeepsValues("lower-attention", gated);
    assertKeepsValues("lower-attention{strategy=transpose},fold-batch-norm,lower-activation", gated);
  });
}

test("what is said of a gate has its sizes, and none that is not known", () => {
  for (const to of ATTENTION_VARIANTS) {
    const texts = rewrite(`swap-attention{to=${to}}`, NETWORK).ops.flatMap((op) => gateOf(op)?.text ?? []);
    assert.is(texts.length, 1, to);
    assert.not.match(texts[0] ?? "", /undefined|NaN|null|\bN\b/, to);
  }
});

test.run();
