import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Op } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { Dataflow } from "../../src/passes/raise/dataflow.js";
import { ownOps } from "../../src/passes/raise/region.js";

const test = suite("passes: the ops that a raised module takes the place of");

const MAP = "float32[N, 4, 2, 2]";

test("an op that is read from outside stays, and so does all that it needs", () => {
  const graph = parseGraph(`graph "g" {
    input %x : ${MAP}
    %a : ${MAP} = relu(%x) loc(/a)
    %b : ${MAP} = tanh(%a) loc(/b)
    %c : ${MAP} = sigmoid(%b) loc(/c)
    %last : ${MAP} = mul(%x, %c) loc(/last)
    return %last, %b
  }`);
  const ops = graph.ops.slice(0, -1);
  // In either order: an op may come before what reads it.
  for (const given of [ops, ops.toReversed()]) {
    const { region, kept } = ownOps(graph.ops.at(-1) as Op, given, new Dataflow(graph));
    assert.equal([...region].map(({ loc }) => loc.scope).sort(), ["/c", "/last"]);
    assert.equal(
      kept.map(({ op, reader }) => [op.loc.scope, reader === "output" ? reader : reader.loc.scope]),
      [
        ["/b", "output"],
        ["/a", "/b"],
      ],
    );
  }
});

test.run();
