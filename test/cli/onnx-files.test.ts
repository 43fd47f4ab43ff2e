import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DiffReport } from "../../src/driver/diff/diff.js";
import type { InspectReport } from "../../src/driver/inspect/inspect.js";
import type { StatsReport } from "../../src/driver/stats/stats.js";
import type { VerifyReport } from "../../src/driver/verify/verify.js";
import { networksOfOthers } from "../onnx/networks-of-others.js";
import { type CliRun, ecagen } from "./run-cli.js";

const test = suite("cli: ONNX files where specs are");
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-onnx-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function json<T>(run: CliRun): T {
  assert.is(run.code, 0, run.stderr);
  return JSON.parse(run.stdout) as T;
}

const EXPORTS = networksOfOthers();
const [MOBILENET, EFFICIENTNET, UNFOLDED] = [
  "torchvision-mobilenetv3-17",
  "torchvision-efficientnet-13",
  "torchvision-efficientnet-unfolded-15",
].map((name) => EXPORTS.find((each) => each.name === name)) as [Export, Export, Export];
type Export = (typeof EXPORTS)[number];

test("inspect shows interface, blocks, gates and counts", () => {
  const { file, facts } = MOBILENET;
  const report = json<InspectReport>(ecagen(["inspect", file, "--json"]));
  assert.equal(report.inputs, [{ name: "x", dtype: "float32", dims: ["batch", 3, 32, 32] }]);
  assert.is(report.opset, 17);
  assert.is(report.producer.name, "pytorch");
  assert.is(report.parameters, facts.parameters);
  assert.is(report.attentionParameters, facts.gateParameters);
  assert.is(report.raised.length, facts.gates.length);
  assert.equal(report.opaque, []);
  assert.equal(
    report.blocks.map(({ path, block, channels, kernel, stride, map, attention }) =>
      [path, block, ...channels, kernel, stride, map, ...attention].join(" "),
    ),
    [
      "/stem stem 3 16 3x3 2 16x16",
      "/features/features.1 depthwise-separable 16 16 3x3 2 8x8 se (16 → 8 → 16)",
      "/features/features.2 inverted-residual 16 24 3x3 2 4x4",
      "/features/features.3 inverted-residual 24 24 5x5 1 4x4 se (48 → 16 → 48)",
      "/head head 24 5 1x1 1 ",
    ],
  );
  const text = ecagen(["inspect", file]).stdout;
  assert.match(text, /features\.3 +inverted-residual +24 → 24 +5x5 +4x4 +se \(48 → 16 → 48\)/);
  assert.match(text, /stages of 1, 2 blocks/);
});

test("stats of a file whose BatchNorms were folded says what it had with them", () => {
  const folded = json<StatsReport>(ecagen(["stats", EFFICIENTNET.file, "--json"]));
  const unfolded = json<StatsReport>(ecagen(["stats", UNFOLDED.file, "--json"]));
  assert.is(folded.parameters, EFFICIENTNET.facts.parameters);
  assert.is(unfolded.parameters, UNFOLDED.facts.parameters);
  assert.is(folded.beforeFolding?.parameters, unfolded.parameters);
  assert.is(folded.beforeFolding?.buffers, unfolded.buffers);
  assert.is(unfolded.beforeFolding, undefined);
  assert.is(folded.macs, unfolded.macs);
  assert.match(ecagen(["stats", EFFICIENTNET.file]).stdout, /with these unfolded 6,543 parameters/);
});

test("passes run on a file's network; its size is as it is", () => {
  const swapped = json<StatsReport>(
    ecagen(["stats", EFFICIENTNET.file, "--passes", "swap-attention{from=se,to=eca}", "--json"]),
  );
  const { parameters, gateParameters, channels } = EFFICIENTNET.facts;
  assert.is(swapped.parameters, (parameters ?? 0) - gateParameters + 3 * channels.length);
  const sized = ecagen(["stats", EFFICIENTNET.file, "--resolution", "64"]);
  assert.is(sized.code, 2);
  assert.match(sized.stderr, /--resolution is about specs/);
});

test("diff shows the gates that were swapped between a spec and a file, in whatever order", () => {
  const file = join(folder, "b0-eca.onnx");
  json(ecagen(["compile", "specs/b0-eca.json", "-o", file, "--json"]));
  const report = json<DiffReport>(ecagen(["diff", "specs/b0-se.json", file, "--json"]));
  assert.is(report.parameters.delta, -636464);
  assert.is(report.macs.delta, 385232096 - 385814752);
  assert.equal([...new Set(report.changes.map(({ kind }) => kind))], ["attention-swapped"]);
  assert.is(report.changes.length, 16);
  assert.match(report.notes[0] ?? "", /specs\/b0-se\.json is counted with its BatchNorms folded/);
  const back = json<DiffReport>(ecagen(["diff", file, "specs/b0-se.json", "--json"]));
  assert.is(back.parameters.delta, 636464);
  assert.match(
    ecagen(["diff", "specs/b0-eca.json", file]).stdout,
    /no block differs\nthe networks compute the same of the same inputs and weights\n$/,
  );
});

test("diff pairs the blocks of files with other names by what they are", () => {
  const { file } = EFFICIENTNET;
  const same = json<DiffReport>(ecagen(["diff", file, UNFOLDED.file, "--json"]));
  assert.equal(same.changes, []);
  const { changes } = json<DiffReport>(ecagen(["diff", "specs/mobilenetv2-100.json", file, "--json"]));
  assert.ok(changes.some(({ kind }) => kind === "block-removed"));
  const spec = join(folder, "found.json");
  json(ecagen(["inspect", file, "--spec", spec, "--json"]));
  const written = JSON.parse(readFileSync(spec, "utf8"));
  // One more block than the file has, in front.
  const [first, ...rest] = written.stages;
  writeFileSync(spec, JSON.stringify({ ...written, stages: [{ ...first, channels: 16 }, first, ...rest] }));
  const added = json<DiffReport>(ecagen(["diff", file, spec, "--json"]));
  assert.equal(
    added.changes.map(({ kind, at }) => `${kind} ${at}`),
    ["block-added /stages/0/blocks/0"],
  );
});

test("inspect --spec writes the spec that makes the same network, or says why there is none", () => {
  const spec = join(folder, "spec.json");
  const report = json<InspectReport>(ecagen(["inspect", MOBILENET.file, "--spec", spec, "--json"]));
  assert.is(report.spec, spec);
  const stats = json<StatsReport>(ecagen(["stats", spec, "--json"]));
  assert.is(stats.parameters, report.beforeFolding?.parameters);
  assert.is(stats.macs, report.macs);
  assert.match(ecagen(["diff", spec, MOBILENET.file]).stdout, /no block differs/);

  const other = EXPORTS.find(({ name }) => name === "se-flat-13") as Export;
  const none = join(folder, "none.json");
  const refused = ecagen(["inspect", other.file, "--spec", none]);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /blocks\.0: its layers make no block that specs have/);
  // The first reason is said without --spec, too.
  assert.is(report.noSpec, null);
  assert.not.match(ecagen(["inspect", MOBILENET.file]).stdout, /no spec says it/);
  const { noSpec } = json<InspectReport>(ecagen(["inspect", other.file, "--json"]));
  assert.match(noSpec ?? "", /^\/blocks\/blocks\.0: its layers make no block that specs have$/);
  assert.match(
    ecagen(["inspect", other.file]).stdout,
    /no spec says it: \/blocks\/blocks\.0: its layers make no/,
  );
  assert.not(existsSync(none));
  const onto = ecagen(["inspect", other.file, "--spec", other.file]);
  assert.is(onto.code, 2);
});

test("verify --per-block names the blocks of somebody else's file as its modules", () => {
  const report = json<VerifyReport>(
    ecagen(["verify", EFFICIENTNET.file, "--per-block", "--batch", "1", "--json"]),
  );
  assert.ok(report.ok);
  assert.equal(
    [...new Set(report.blocks?.map(({ block }) => block))],
    [
      "/features",
      "/features/features.1/features.1.0",
      "/features/features.2/features.2.0",
      "/features/features.2/features.2.1",
      "/avgpool",
      "/classifier",
    ],
  );
});

test("what is no model is a diagnostic", () => {
  const file = join(folder, "broken.onnx");
  writeFileSync(file, readFileSync(MOBILENET.file).subarray(0, 3000));
  for (const args of [
    ["inspect"],
    ["stats"],
    ["diff", "specs/small.json"],
    ["codegen", "--lang", "ts", "-o", folder],
  ]) {
    const run = ecagen([...args, file]);
    assert.is(run.code, 2, args.join(" "));
    assert.match(run.stderr, /broken\.onnx is not an ONNX model/);
  }
  assert.is(ecagen(["inspect", "specs/small.json"]).code, 2);
  assert.is(ecagen(["inspect", join(folder, "absent.onnx")]).code, 2);
});

test.run();
