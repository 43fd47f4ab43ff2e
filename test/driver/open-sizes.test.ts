import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CheckError, InputError } from "../../src/base/diagnostic.js";
import { distance } from "../../src/base/distance.js";
import { bench } from "../../src/driver/bench/bench.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { stats } from "../../src/driver/stats/stats.js";
import { verify } from "../../src/driver/verify/verify.js";
import {
  type GraphMessage,
  ModelProto,
  type NodeMessage,
  type ValueInfoMessage,
} from "../../src/onnx/file/proto.js";
import { startRuntime } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { rejectsError } from "../throws.js";

const test = suite("driver: files with an open height and width");

const FIXED = "test/data/onnx-reference/timm-efficientnet.onnx";

/** The same network for any height and width. */
function withOpenSizes(file: string): void {
  const model = ModelProto.decode(readFileSync(FIXED));
  const dims = model.graph?.input?.[0]?.type?.tensorType?.shape?.dim ?? [];
  dims.splice(2, 2, { dimParam: "H" }, { dimParam: "W" });
  writeFileSync(file, ModelProto.encode(model).finish());
}

const image = (side: number) => ({
  dims: [1, 3, side, side],
  data: Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * 0.7)),
});

test("gates are swapped as where the sizes are fixed, and the file stays open", () =>
  inTemporaryFolder(async (folder) => {
    const [open, swapped, fixed] = ["open", "swapped", "fixed"].map((name) => join(folder, `${name}.onnx`));
    withOpenSizes(open as string);
    const report = await rewrite(open as string, { swaps: ["se=eca"], output: swapped });
    await rewrite(FIXED, { swaps: ["se=eca"], output: fixed });
    assert.is(report.raised.length, 5);
    assert.ok(report.warnings.some(({ code }) => code === "onnx/assumed-size"));
    const { graph } = ModelProto.decode(readFileSync(swapped as string));
    assert.equal(
      graph?.input?.[0]?.type?.tensorType?.shape?.dim?.map(
        ({ dimParam, dimValue }) => dimParam || Number(dimValue),
      ),
      ["N", 3, "H", "W"],
    );
    const runtime = await startRuntime();
    try {
      const run = async (file: string | undefined, side: number) => {
        const session = await runtime.open(file as string);
        const outputs = await session.run(new Map([["x", image(side)]]));
        return [...outputs.values()][0]?.data ?? [];
      };
      assert.ok(distance(await run(fixed, 48), await run(swapped, 48)).maxRel < 1e-6);
      // At a size that was never assumed.
      assert.ok((await run(swapped, 80)).every(Number.isFinite));
    } finally {
      runtime.close();
    }
  }));

test("bench and inspect say which sizes they take for open ones", () =>
  inTemporaryFolder(async (folder) => {
    const open = join(folder, "open.onnx");
    withOpenSizes(open);
    const run = { processes: 1, runs: 1, warmup: 0 };
    const { warnings } = await bench([open], run);
    assert.equal(
      warnings.map(({ code, message }) => [code, message]),
      [["onnx/assumed-size", "sizes of the input x are open ([N, 3, H, W]); they are taken for 3x224x224"]],
    );
    const small = await bench([open, "specs/small.json"], { ...run, resolution: 64 });
    assert.equal(small.warnings, [], "what was asked for is not assumed");
    await rejectsError(
      () => bench([FIXED], { ...run, resolution: 64 }),
      InputError,
      /is made for 3x48x48, so it can't run at 64x64/,
    );

    const { inputs, macs, notes } = await inspect(open);
    assert.equal(inputs[0]?.dims, ["N", 3, "H", "W"]);
    assert.equal(
      notes.map(({ message }) => message),
      ["sizes of the input x are open ([N, 3, H, W]); they are taken for 3x224x224"],
    );
    assert.is(macs, stats(open).macs);
    assert.equal(stats(open).warnings, notes);
    const program = await codegen(open, { language: "ts", output: join(folder, "program") });
    assert.equal(program.warnings, notes);
  }));

test("passes whose result would hold for one size only are refused, and nothing is written", () =>
  inTemporaryFolder(async (folder) => {
    const [open, output] = [join(folder, "open.onnx"), join(folder, "out.onnx")];
    withOpenSizes(open);
    for (const swap of ["se=coord", "se=aa"]) {
      try {
        await rewrite(open, { swaps: [swap], output });
        assert.unreachable(swap);
      } catch (error) {
        assert.instance(error, InputError, `${swap}: ${error}`);
        assert.is((error as InputError).diagnostics[0]?.code, "rewrite/open-size");
      }
      assert.not(existsSync(output));
    }
  }));

test("counts are those of the size that is asked for", () =>
  inTemporaryFolder((folder) => {
    const open = join(folder, "open.onnx");
    withOpenSizes(open);
    assert.is(stats(open, { resolution: 48 }).macs, stats(FIXED).macs);
    assert.equal(stats(open).input, { channels: 3, height: 224, width: 224 });
    assert.is(stats(open).parameters, stats(FIXED).parameters);
  }));

const [FLOAT, INT64] = [1, 7];

const port = (name: string, dims: readonly (number | string)[]) => {
  const dim = dims.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
};

const whole = (name: string, numbers: readonly number[]) => ({
  name,
  dims: [numbers.length],
  dataType: INT64,
  rawData: new Uint8Array(BigInt64Array.from(numbers.map(BigInt)).buffer),
});

/** A model of signals x [N, L]. */
function signals(file: string, graph: Pick<GraphMessage, "node" | "initializer" | "output">): string {
  const whole = { name: "signals", input: [port("x", ["N", "L"])], ...graph };
  const opsetImport = [{ domain: "", version: 13 }];
  writeFileSync(file, ModelProto.encode({ irVersion: 8, opsetImport, graph: whole }).finish());
  return file;
}

test("sizes that nobody gave stay open where the file is no network at them", () =>
  inTemporaryFolder(async (folder) => {
    const file = signals(join(folder, "eighty.onnx"), {
      node: [{ opType: "Relu", input: ["x"], output: ["y"] }],
      output: [port("y", ["N", 80])],
    });
    const { notes } = await inspect(file);
    assert.equal(
      notes.map(({ code }) => code),
      ["onnx/open-size"],
    );
    assert.match(notes[0]?.message ?? "", /stay open: with L = 64, .*y: it is declared as/);
    assert.equal((await inspect(file, { inputShapes: ["x=2x80"] })).notes, []);
    await rejectsError(() => inspect(file, { inputShapes: ["x=2x64"] }), InputError, /is declared as/);
  }));

test("a window that does not fit into the assumed size is no defect, and the size can be given", () =>
  inTemporaryFolder(async (folder) => {
    const weight = { name: "w", dims: [1, 1, 512], dataType: FLOAT };
    const rawData = new Uint8Array(Float32Array.from({ length: 512 }, (_, i) => Math.sin(i) / 20).buffer);
    const file = signals(join(folder, "window.onnx"), {
      node: [
        { opType: "Unsqueeze", input: ["x", "second"], output: ["map"] },
        { opType: "Conv", input: ["map", "w"], output: ["y"] },
      ],
      initializer: [whole("second", [1]), { ...weight, rawData }],
      output: [port("y", ["N", 1, "M"])],
    });
    const error = await verify(file).catch((each: InputError) => each);
    assert.instance(error, InputError);
    const [diagnostic] = (error as InputError).diagnostics;
    assert.match(diagnostic?.message ?? "", /a map of 64 is too small for a 512 kernel/);
    assert.match(diagnostic?.hint ?? "", /--input-shape x=/);
    assert.is((await verify(file, { inputShapes: ["x=2x600"] })).verdict, "right");
  }));

test("an input that can't be any number is given one", () =>
  inTemporaryFolder(async (folder) => {
    const numbers = Float32Array.from({ length: 64 * 128 }, (_, i) => Math.sin(i) / 8);
    // Rows of rate - 15,936 numbers: 64 at 16,000, and none at a small number.
    const file = signals(join(folder, "rate.onnx"), {
      node: [
        { opType: "Sub", input: ["rate", "less"], output: ["width"] },
        {
          opType: "Concat",
          input: ["rows", "width"],
          output: ["sizes"],
          attribute: [{ name: "axis", type: 2, i: 0 }],
        },
        { opType: "MatMul", input: ["x", "w"], output: ["h"] },
        { opType: "Reshape", input: ["h", "sizes"], output: ["row"] },
        { opType: "Tanh", input: ["row"], output: ["y"] },
      ],
      initializer: [
        ...[whole("less", [15936]), whole("rows", [-1])],
        { name: "w", dims: [64, 128], dataType: FLOAT, rawData: new Uint8Array(numbers.buffer) },
      ],
      output: [port("y", ["M", "W"])],
    });
    const model = ModelProto.decode(readFileSync(file));
    const shape = { dim: [{ dimValue: 1 }] };
    if (model.graph) model.graph.input = [port("x", [2, 64])];
    model.graph?.input?.push({ name: "rate", type: { tensorType: { elemType: INT64, shape } } });
    writeFileSync(file, ModelProto.encode(model).finish());
    const given = { inputValues: ["rate=16000"] };
    const run = { processes: 1, runs: 1, warmup: 0 };
    await rejectsError(() => bench([file], run), InputError, /can't run/);
    assert.is((await bench([file], { ...given, ...run })).models.length, 1);
    await rejectsError(() => verify(file), InputError, /Reshape/);
    assert.is((await verify(file, given)).verdict, "right");
    const output = join(folder, "half.onnx");
    const half = { output, precision: "fp16" } as const;
    await rejectsError(() => rewrite(file, half), CheckError, /can't be compared/);
    assert.ok((await rewrite(file, { ...given, ...half })).verification?.ok);
    for (const unrun of [{}, { output: join(folder, "unrun.onnx"), verify: false }]) {
      await rejectsError(
        () => rewrite(file, { ...given, ...unrun }),
        InputError,
        /--input .* nothing is run/,
        {
          code: "flag/unused",
        },
      );
    }
    for (const [text, message] of [
      ["rat=1", /has no input rat, only x, rate/],
      ["rate=fast", /gives the input rate no number of int64/],
      ["rate=1.5", /gives the input rate no number of int64/],
      ["16000", /has no input 16000/],
    ] as const)
      await rejectsError(() => verify(file, { inputValues: [text] }), InputError, message);
  }));

/** y = f(x, second), x [3, 4] and a second input of whole numbers. */
function ofTwo(file: string, node: NodeMessage, second: readonly number[], output: ValueInfoMessage): string {
  const shape = { dim: second.map((dimValue) => ({ dimValue })) };
  const input = [port("x", [3, 4]), { name: "second", type: { tensorType: { elemType: INT64, shape } } }];
  signals(file, { node: [node], output: [output] });
  const model = ModelProto.decode(readFileSync(file));
  if (model.graph) model.graph.input = input;
  writeFileSync(file, ModelProto.encode(model).finish());
  return file;
}

test("an input of several numbers is given each of them", () =>
  inTemporaryFolder(async (folder) => {
    const node = { opType: "Reshape", input: ["x", "second"], output: ["y"] };
    const file = ofTwo(join(folder, "reshaped.onnx"), node, [2], port("y", ["A", "B"]));
    assert.is((await verify(file, { inputValues: ["second=6,2"] })).verdict, "right");
    await rejectsError(
      () => verify(file, { inputValues: ["second=6,2,1"] }),
      InputError,
      /has 3 numbers, the input second has 2/,
    );
    await rejectsError(() => verify(file, { inputValues: ["second=6,"] }), InputError, /no number of int64/);
  }));

test("an index is as large as the network takes it, for the choice of weights too", () =>
  inTemporaryFolder(async (folder) => {
    const node = { opType: "ReduceSum", input: ["x", "second"], output: ["y"] };
    const file = ofTwo(join(folder, "reduced.onnx"), node, [1], port("y", ["A", "B"]));
    assert.is((await verify(file)).verdict, "right");
  }));

test("a first input without numbers is nothing to compare for", () =>
  inTemporaryFolder(async (folder) => {
    const node = { opType: "Tanh", input: ["x"], output: ["y"] };
    const file = signals(join(folder, "empty.onnx"), { node: [node], output: [port("y", [0, 4])] });
    const model = ModelProto.decode(readFileSync(file));
    if (model.graph) model.graph.input = [port("x", [0, 4])];
    writeFileSync(file, ModelProto.encode(model).finish());
    await rejectsError(() => verify(file), InputError, /has no numbers to compare anything for/, {
      code: "run/empty-input",
    });
  }));

test.run();
