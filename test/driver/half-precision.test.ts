import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roundToFloat16 } from "../../src/base/float16.js";
import { compile } from "../../src/driver/compile/compile.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { type VerifyReport, verify } from "../../src/driver/verify/verify.js";
import { decodeModel } from "../../src/files/models/open.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { type Graph, storedDataOf, usesType } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { verifyGraph } from "../../src/ir/verifier.js";
import { encode, lower } from "../../src/networks/export.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { OPSETS } from "../../src/onnx/file/opset.js";
import { type GraphMessage, ModelProto, type NodeMessage } from "../../src/onnx/file/proto.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { invocationOf, printPipeline } from "../../src/passes/engine/pipeline.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { withEnds } from "../../src/passes/lower/half-ends.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { judge, TOLERANCES, type Verdict } from "../../src/runtime/compare.js";
import { measuredError } from "../../src/runtime/rounding-error.js";
import { openSession } from "../../src/runtime/session.js";
import {
  halfPrecisionOf,
  halfRangeCheck,
  halfWeightsCheck,
  saturationWarnings,
} from "../../src/trials/half-precision.js";
import { inputShapes, parameterNumbers, randomInputs } from "../../src/trials/numbers.js";
import { runModel } from "../../src/trials/outputs.js";
import { evaluateReference } from "../../src/trials/reference-runs.js";
import { startHalfRounding } from "../../src/weights/values/half.js";

const test = suite("driver: half precision");
const SPEC = "specs/small.json";
const HALF = { precision: "fp16" } as const;
/** https://onnx.ai/onnx/repo-docs/IR.html, TensorProto.DataType */
const [FLOAT, FLOAT16] = [1, 10];
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-half-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles the small network in half precision, changes the file, and holds it to its spec. */
async function verifyChanged(change: (graph: GraphMessage) => void): Promise<VerifyReport> {
  const output = join(folder, "changed.onnx");
  await compile(SPEC, { output, ...HALF });
  const model = ModelProto.decode(readFileSync(output));
  change(model.graph as GraphMessage);
  writeFileSync(output, ModelProto.encode(model).finish());
  return verify(SPEC, { against: output, ...HALF });
}

const ofFile = (report: VerifyReport): readonly boolean[] =>
  report.comparisons.filter(({ b }) => b.startsWith(folder)).map(({ ok }) => ok);

test("B0 with ECA is half as large, with float32 at its border, and twice the same bytes", async () => {
  const full = await compile("specs/b0-eca.json", { output: join(folder, "full.onnx"), digest: false });
  const output = join(folder, "half.onnx");
  const half = await compile("specs/b0-eca.json", { output, ...HALF });
  assert.ok(half.bytes < 0.51 * full.bytes, `${half.bytes} of ${full.bytes}`);
  assert.is(half.parameters, full.parameters);
  assert.is(full.halfPrecision, undefined);
  const { casts, float16Nodes, float32Nodes, weights, saturated } = half.halfPrecision ?? {};
  // One cast in front of each squeeze and one behind its gate, one behind the input, in front of the head's pool,
  // behind it, and in front of the output.
  assert.is(casts, 16 * 2 + 4);
  assert.is(half.nodes, full.nodes + (casts ?? 0));
  assert.is((float16Nodes ?? 0) + (float32Nodes ?? 0), full.nodes);
  const kept = half.halfPrecision?.inFloat32 ?? [];
  assert.is(
    kept.reduce((sum, { nodes }) => sum + nodes, 0),
    float32Nodes,
  );
  assert.equal(
    kept.flatMap(({ operator, nodes, reason }) => (operator === "global_avg_pool" ? [nodes, reason] : [])),
    [17, "the sum over a map of 112x112 overflows, or no longer changes by what is added"],
  );
  assert.ok((weights ?? 0) > 4_600_000);
  assert.is(saturated, 0);
  const bytes = readFileSync(output);
  assert.is(createHash("sha256").update(bytes).digest("hex"), half.sha256);
  assert.is((await compile("specs/b0-eca.json", { output, ...HALF })).sha256, half.sha256);

  const { input, output: outputs, initializer } = ModelProto.decode(bytes).graph as GraphMessage;
  for (const each of [...(input ?? []), ...(outputs ?? [])])
    assert.is(each.type?.tensorType?.elemType, FLOAT);
  const types = new Map(initializer?.map(({ name, dataType }) => [name, dataType]));
  assert.is(types.get("stem.conv.weight"), FLOAT16);
  assert.is(types.get("stages.0.blocks.0.attention.conv.weight"), FLOAT, "three numbers of a gate");
});

test("--fp16-io: inputs and outputs are float16, and nothing is cast where it need not be", async () => {
  await compile(SPEC, { output: join(folder, "half.onnx"), ...HALF });
  const output = join(folder, "half-io.onnx");
  await compile(SPEC, { output, ...HALF, halfIo: true });
  const { node, input, output: outputs } = ModelProto.decode(readFileSync(output)).graph as GraphMessage;
  for (const each of [...(input ?? []), ...(outputs ?? [])])
    assert.is(each.type?.tensorType?.elemType, FLOAT16);
  const readers = node?.filter((each) => each.input?.includes("input")).map(({ opType }) => opType);
  assert.equal(readers, ["Conv"]);
  const report = await verify(SPEC, { ...HALF, halfIo: true });
  assert.is(report.verdict, "right");
  assert.is((await verify(output)).verdict, "right");
  // The numbers are those of the other file, rounded once more.
  const [a, b] = await Promise.all(
    [join(folder, "half.onnx"), output].map(async (file) => {
      const session = await openSession(file);
      const shapes = session.inputs.map((each) => ({ ...each, dtype: "float16" }));
      const run = await runModel(session, shapes, 2, 0);
      await session.close();
      return run.get("logits") ?? [];
    }),
  );
  assert.ok(a !== undefined && a.length > 0 && a.length === b?.length);
  Array.from(a).forEach((x, i) => {
    assert.ok(Math.abs(x - Number(b?.[i])) <= 2 ** -10 * Math.abs(x) + 2 ** -24, `${x} ${b?.[i]}`);
  });
});

test("--fp16-io needs --precision fp16", async () => {
  for (const run of [
    () => compile(SPEC, { output: join(folder, "none.onnx"), halfIo: true }),
    () => verify(SPEC, { halfIo: true }),
    () => rewrite("test/data/onnx/gemm-se-11.onnx", { output: join(folder, "none.onnx"), halfIo: true }),
  ]) {
    const error = await run().then(String, String);
    assert.match(error, /--fp16-io is about networks in half precision/);
  }
  assert.not.ok(existsSync(join(folder, "none.onnx")));
});

/** Outputs of every kind: of half precision, of float32, read by another op, twice, an input, a cast of one that is an output. */
const ENDS = `graph "g" {
  input %x : float32[N, 4, 3, 3]
  input %row : float32[N, 4]
  input %ids : int64[N, 4]
  trainable @w = normal([4, 4, 1, 1], 0.5, "w")
  trainable @d = normal([4, 4], 0.5, "d")
  %a : float32[N, 4, 3, 3] = conv(%x, @w) loc(/a)
  %p : float32[N, 4, 1, 1] = global_avg_pool(%x) loc(/p)
  %f : float32[N, 4] = flatten(%p) loc(/f)
  %s : float32[N, 4] = softmax(%row) {axis = 1} loc(/s)
  %r : float32[N, 4, 3, 3] = relu(%a) loc(/r)
  %g : float32[N, 4] = gemm(%row, @d) loc(/g)
  return %a, %f, %s, %r, %g, %row
}`;

test("--fp16-io: ends of every kind keep their names and their numbers", () => {
  const graph = parseGraph(ENDS);
  const ran = runPasses(graph, exportPipeline(HALF));
  const { graph: ends } = withEnds(ran, { ...HALF, halfIo: true });
  assert.equal(verifyGraph(ends), []);
  assert.fixture(printGraph(parseGraph(printGraph(ends))), printGraph(ends));
  const namesOf = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name);
  assert.equal(namesOf(ends.inputs), namesOf(graph.inputs));
  assert.equal(namesOf(ends.outputs), namesOf(graph.outputs));
  assert.equal(
    [...ends.inputs, ...ends.outputs].map(({ type: { dtype } }) => dtype),
    ["float16", "float16", "int64", ...graph.outputs.map(() => "float16")],
  );
  const inputs = new Map(
    [...randomInputs(inputShapes(ends), 2, 0)].map(([name, tensor]) => [name, tensor] as const),
  );
  const parameters = parameterNumbers(0);
  const expected = evaluateGraph(ran.graph, inputs, parameters);
  const now = evaluateGraph(ends, inputs, parameters);
  for (const { name } of graph.outputs) {
    const numbers = Array.from(now.get(name)?.data ?? []);
    assert.ok(numbers.length > 0);
    assert.equal(numbers, Array.from(expected.get(name)?.data ?? [], roundToFloat16), name);
  }
});

test("verify holds it to the tolerance of half precision, in batches of 1 and 2", async () => {
  const report = await verify(SPEC, HALF);
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.equal(report.tolerance, TOLERANCES.float16);
  assert.equal(
    report.comparisons.map(({ batch }) => batch),
    [1, 2, 1, 2],
  );
  // Where there were no rounding to half, this would be float32 in disguise.
  for (const { maxRel } of report.comparisons) assert.ok(maxRel > 1e-4, `${maxRel}`);
  const weights = report.checks.find(({ name }) => name === "weights fit half precision");
  assert.ok(weights?.ok);
  assert.match(weights?.detail ?? "", /6,\d{3} in fp16/);
  assert.is((await verify(SPEC, { batches: [1] })).tolerance.precision, "float32");
});

test("it runs at every opset, to the same effect", async () => {
  const network = specNetwork(SPEC);
  const { outputs: exact, errors } = await evaluateReference(
    network.meant,
    1,
    { weights: 0, inputs: 0 },
    "float16",
  );
  for (let opset = OPSETS.first; opset <= OPSETS.last; opset++) {
    const options = { opset, ...HALF };
    const encoded = encode(network, lower(network, options).graph, { ...options, version: "" });
    const session = await openSession(modelBytes(encoded, { seed: 0 }));
    const outputs = await runModel(session, inputShapes(network.meant), 1, 0);
    for (const [name, error] of errors) {
      const judged = judge(exact(1).get(name) ?? [], outputs.get(name) ?? [], error, TOLERANCES.float16);
      assert.is(judged.verdict, "right", `opset ${opset}: ${JSON.stringify(judged)}`);
    }
    await session.close();
  }
});

test("what overflows half precision on the way fails, whatever the CPU provider makes of it", () => {
  const graphOf = (factor: number): Graph =>
    parseGraph(`graph "g" {
      input %x : float32[N, 2, 3, 3]
      fixed @more = constant([], ${factor})
      fixed @less = constant([], ${1 / factor})
      trainable @w = constant([2, 2, 1, 1], 1)
      %a : float32[N, 2, 3, 3] = conv(%x, @w) loc(/a)
      %up : float32[N, 2, 3, 3] = mul(%a, @more) loc(/up)
      %y : float32[N, 2, 3, 3] = mul(%up, @less) loc(/y)
      return %y
    }`);
  const inHalf = (graph: Graph): Graph => runPasses(graph, [invocationOf("lower-precision")]).graph;
  const small = halfRangeCheck(graphOf(100), inHalf(graphOf(100)), 0);
  assert.ok(small.ok, small.detail);
  const large = halfRangeCheck(graphOf(60000), inHalf(graphOf(60000)), 0);
  assert.not.ok(large.ok);
  assert.match(large.detail, "Infinity of 65504");
});

test("a pass in a pipeline does the same as the flag, and verify sees it", async () => {
  const text = printPipeline(exportPipeline(HALF));
  assert.match(text, "fold-constants,lower-precision,eliminate-common-subexpressions");
  const { graph } = lower(specNetwork(SPEC, { passes: text }), {});
  assert.ok(usesType(graph, "float16"));
  assert.is((await verify(SPEC, { passes: text, batches: [1] })).tolerance.precision, "float16");
});

test("the tolerance lets neither zeros nor infinity nor NaN through", () => {
  const reference = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i));
  const near = reference.map((x) => x + 1e-3);
  const error = measuredError([{ dims: [1, 100], exact: reference, rounded: near }], "float16");
  const verdictOf = (actual: Float64Array): Verdict =>
    judge(reference, actual, error, TOLERANCES.float16).verdict;
  assert.is(verdictOf(near), "right");
  for (const bad of [0, Number.POSITIVE_INFINITY, Number.NaN]) {
    assert.is(verdictOf(new Float64Array(100).fill(bad)), "wrong");
    const one = near.slice();
    one[50] = bad;
    assert.is(verdictOf(one), "wrong", `one ${bad}`);
  }
});

test("the file holds; with a gate left out, its last layer zero or one weight changed it does not", async () => {
  const kept = await verifyChanged(() => {});
  assert.ok(kept.ok, JSON.stringify(kept.checks));

  const ungated = await verifyChanged(({ node }) => {
    const nodes = node as NodeMessage[];
    const gate = nodes.findLast(({ opType, name }) => opType === "Mul" && name?.includes("/attention/"));
    assert.ok(gate, "there is a gate");
    const [x] = gate.input ?? [];
    for (const each of nodes) {
      each.input = (each.input ?? []).map((name) => (name === gate.output?.[0] ? (x as string) : name));
    }
    nodes.splice(nodes.indexOf(gate), 1);
  });
  assert.not(ungated.ok);
  assert.equal(ofFile(ungated).slice(2), [false, false], "with stress weights");

  const zero = await verifyChanged(({ initializer }) => {
    for (const each of initializer ?? []) {
      if (each.name?.startsWith("head.")) each.rawData = new Uint8Array(each.rawData?.length ?? 0);
    }
  });
  assert.equal(ofFile(zero).slice(0, 2), [false, false]);

  const changed = await verifyChanged(({ initializer }) => {
    const stem = initializer?.find(({ name }) => name === "stem.conv.weight");
    const numbers = stem?.rawData as Uint8Array;
    numbers[0] = (numbers[0] as number) ^ 1;
  });
  assert.match(
    changed.checks.find(({ name }) => name === "initializers")?.detail ?? "",
    /stem\.conv\.weight/,
  );
  assert.not(changed.ok);
});

test("a file in float32 is none in half precision", async () => {
  const against = join(folder, "float.onnx");
  await compile(SPEC, { output: against });
  const report = await verify(SPEC, { against, batches: [1], ...HALF });
  assert.not(report.ok);
  assert.ok(report.checks.some(({ name, ok }) => name === "initializers" && !ok));
});

test("weights beyond the largest half are stored as that and counted, a warning says where, verify fails", () => {
  const { graph } = lower(specNetwork(SPEC), HALF);
  const large = parseGraph(
    printGraph(graph).replace(/(@stem\.conv\.weight : float16 = )(.*)/, "$1mul($2, constant([], 1000000))"),
  );
  const rounding = startHalfRounding();
  const bytes = modelBytes(encodeModel(large, { producerVersion: "0" }), { seed: 0, rounding });
  const stem = ModelProto.decode(bytes).graph?.initializer?.find(({ name }) => name === "stem.conv.weight");
  const halves = new Uint16Array(Uint8Array.from(stem?.rawData ?? []).buffer);
  const largest = halves.filter((bits) => (bits & 0x7fff) === 0x7bff).length;
  assert.ok(largest > 0);
  assert.not.ok(
    halves.some((bits) => (bits & 0x7fff) >= 0x7c00),
    "no infinity, no NaN",
  );
  assert.is(rounding.saturated, largest);

  const [warning, ...more] = saturationWarnings(rounding);
  assert.is(more.length, 0);
  assert.is(warning?.code, "precision/saturated");
  assert.match(warning?.message ?? "", `${largest} weights of stem.conv.weight beyond ±65,504`);
  assert.match(warning?.message ?? "", `up to ${rounding.largest.toPrecision(3)}; stored as ±65,504`);
  const report = halfPrecisionOf(large, rounding);
  assert.equal([report?.saturatedIn, report?.largest], [["stem.conv.weight"], rounding.largest]);
  const check = halfWeightsCheck(rounding);
  assert.not.ok(check.ok);
  assert.match(check.detail, "stem.conv.weight");
  assert.equal(saturationWarnings(startHalfRounding()), []);
});

test("in text and as an ONNX file the lowered network is itself", () => {
  for (const opset of [13, 17, 21]) {
    const network = specNetwork(SPEC);
    const { graph } = lower(network, { opset, ...HALF });
    const text = printGraph(graph);
    assert.is(printGraph(parseGraph(text)), text);
    const bytes = modelBytes(encode(network, graph, { opset, version: "" }), { seed: 0 });
    const decoded = decodeModel(bytes, "half.onnx").graph;
    assert.equal(
      decoded.ops.map(({ kind, results }) => [kind, results[0]?.type.dtype]),
      graph.ops.map(({ kind, results }) => [kind, results[0]?.type.dtype]),
    );
    const again = parseGraph(printGraph(decoded), "<ir>", storedDataOf(decoded));
    const write = (each: typeof graph): Buffer =>
      Buffer.from(modelBytes(encodeModel(each, { opset, producerVersion: "0" }), { seed: 0 }));
    assert.ok(write(again).equals(write(decoded)));
  }
});

test.run();
