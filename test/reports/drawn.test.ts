import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseGraph } from "../../src/ir/parse.js";
import { drawnGraph } from "../../src/reports/graph/drawn.js";

const test = suite("reports: drawn graphs");

test("blocks stand in the order in which the input reaches them, wherever an exporter puts what reads weights alone", () => {
  const graph = parseGraph(`graph "g" {
  block /a "first" channels 4
  block /b "second" channels 4
  input %x : float32[N, 4]
  fixed @late = constant([4], 1)
  %late : float32[4] = relu(@late) loc(/b/constant)
  %a : float32[N, 4] = relu(%x) loc(/a/relu)
  %b : float32[N, 4] = add(%a, %late) loc(/b/add)
  return %b
}
`);
  assert.equal(
    drawnGraph(graph, "block").nodes.map(({ id }) => id),
    ["input x", "/a", "/b", "output b"],
  );
});

test.run();
