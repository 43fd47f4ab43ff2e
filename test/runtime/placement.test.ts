import { suite } from "uvu";
import * as assert from "uvu/assert";
import { operatorTimes, placementOf } from "../../src/runtime/placement.js";
import type { ProfiledNode } from "../../src/runtime/protocol.js";
import { assertGrowsWithSize } from "../growth.js";

const test = suite("runtime: placement");

const GPU = "WebGpuExecutionProvider";
const CPU = "CPUExecutionProvider";
const node = (index: number, name: string, op: string, provider: string, us: number): ProfiledNode => ({
  ...{ index, name, op, provider, us },
});
/** Two runs of a graph of four nodes, two of which have no name of their own. */
const PROFILE = [1, 3].flatMap((factor) => [
  node(0, "/stem/conv/Conv_token_3", "Conv", GPU, 100 * factor),
  node(1, "Transpose", "Transpose", GPU, 10 * factor),
  node(2, "Transpose", "Transpose", GPU, 20 * factor),
  node(3, "/head/pool/GlobalAveragePool_token_12", "GlobalAveragePool", CPU, 70 * factor),
]);

test("each node counts once, by the name that the model gives it", () => {
  assert.equal(placementOf(PROFILE), {
    nodes: 4,
    onCpu: [{ node: "/head/pool/GlobalAveragePool", op: "GlobalAveragePool" }],
  });
  assert.equal(placementOf([]), { nodes: 0, onCpu: [] });
});

test("the time of an operator is that of a run, all its nodes together", () => {
  assert.equal(operatorTimes(PROFILE, 2), [
    { op: "Conv", provider: GPU, nodes: 1, ms: 0.2, share: 0.5 },
    { op: "GlobalAveragePool", provider: CPU, nodes: 1, ms: 0.14, share: 0.35 },
    { op: "Transpose", provider: GPU, nodes: 2, ms: 0.06, share: 0.15 },
  ]);
});

test("the profile of many runs is summed in time that grows with its length", () =>
  assertGrowsWithSize(150_000, (length) => {
    const long = Array.from({ length }, (_, i) => node(i % 100, "conv", "Conv", CPU, 1));
    return () => assert.is(operatorTimes(long, length / 100)[0]?.nodes, 100);
  }));

test.run();
