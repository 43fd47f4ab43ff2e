import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { bench } from "../../src/driver/bench/bench.js";
import { compile } from "../../src/driver/compile/compile.js";
import { randomInputs } from "../../src/trials/numbers.js";
import { ecagen } from "../cli/run-cli.js";
import { throwsError } from "../throws.js";

const test = suite("driver: bench");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-bench-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("more work takes longer, the same work about as long, and every number is there", async () => {
  const [small, large] = [join(folder, "small.onnx"), "specs/mobilenetv3-small-050.json"];
  await compile("specs/small.json", { output: small });
  const seen: number[] = [];
  const report = await bench([small, small, large], {
    ...{ threads: 1, processes: 3, runs: 5, warmup: 2, batches: [1, 4], profile: true },
    onProgress: (_message, part) => seen.push(part),
  });
  assert.equal(report.device, { requested: "cpu", used: "cpu", cpuNodes: 0 });
  assert.equal(
    report.models.map(({ file, batch }) => [file, batch]),
    [1, 4].flatMap((batch) => [small, small, large].map((file) => [file, batch])),
  );
  for (const model of report.models) {
    const { medianMs, minMs, p90Ms, ratio, ratioInterval, imagesPerSecond, createMs, batch } = model;
    assert.ok(minMs > 0 && minMs <= medianMs && medianMs <= p90Ms && createMs > 0);
    assert.ok(Math.abs(imagesPerSecond - (1000 * batch) / medianMs) < 1e-9);
    assert.ok(ratioInterval && ratioInterval[0] <= ratio && ratio <= ratioInterval[1]);
  }
  const [first, second, third] = report.models;
  assert.is(first?.ratio, 1);
  assert.ok(second && second.ratio > 0.3 && second.ratio < 3, `the same file: ${second?.ratio}`);
  assert.ok(third && third.ratio > 3, `MobileNetV3 against a network of 0.5 M MACs: ${third?.ratio}`);
  const operators = report.profiles?.[2]?.operators ?? [];
  assert.ok(operators.some(({ op }) => /Conv/.test(op)));
  assert.ok(Math.abs(operators.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
  assert.ok(seen.length > 30 && seen.every((part) => part >= 0 && part <= 1));
});

test("files of fixed batches are timed with these, or refused", async () => {
  const [two, open] = [join(folder, "two.onnx"), join(folder, "open.onnx")];
  await compile("specs/small.json", { output: two, batch: 2 });
  await compile("specs/small.json", { output: open });
  const quick = { processes: 1, runs: 1, warmup: 0 } as const;
  const report = await bench([open, two], quick);
  assert.equal(
    report.models.map(({ batch }) => batch),
    [2, 2],
  );
  assert.is(report.models[1]?.ratioInterval, null, "one process has no spread");
  const error = await bench([open, two], { ...quick, batches: [1] }).catch((each: unknown) => each);
  assert.instance(error, InputError);
  assert.match((error as Error).message, /two\.onnx is made for a batch of 2, so it can't run with 1/);
});

test("a file that is missing and inputs that no message can hold are wrong input", async () => {
  const missing = await bench([join(folder, "nowhere.onnx")]).catch((each: unknown) => each);
  assert.instance(missing, InputError);
  assert.match((missing as Error).message, /there is no such file/);
  const large = (): unknown => randomInputs([{ name: "x", dims: ["N", 3, 224, 224] }], 65536, 0);
  throwsError(large, InputError, /input x .* more than/);
});

test("the command prints a table, JSON and CSV", () => {
  const args = [
    "bench",
    "specs/small.json",
    "specs/small.json",
    "--processes",
    "2",
    "--runs",
    "2",
    "--warmup",
    "1",
  ];
  const text = ecagen(args);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /^model +batch +median ms +min ms +p90 ms +ratio +95 % +images\/s +load ms\n/);
  const [, first, second] = text.stdout.split("\n");
  assert.not.match(first as string, / to /);
  assert.match(second as string, / to /, "the same file once more shows how far a ratio can be trusted");
  for (const other of ["--json", "--profile"]) {
    assert.is(ecagen([...args, "--csv", other]).code, 2, `--csv ${other}`);
  }
  const json = JSON.parse(ecagen([...args, "--json"]).stdout) as { models: object[]; device: object };
  assert.is(json.models.length, 2);
  const csv = ecagen([...args, "--csv"])
    .stdout.trimEnd()
    .split("\r\n");
  assert.is(csv[0], "file,batch,medianMs,minMs,p90Ms,ratio,ratioLow,ratioHigh,imagesPerSecond,createMs");
  assert.is(csv.length, 3);
  assert.ok(csv.every((line) => line.split(",").length === 10));
});

test.run();
