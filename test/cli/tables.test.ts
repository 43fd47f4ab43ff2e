import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { counted, percent, type Table } from "../../src/base/table.js";
import { tablesAs } from "../../src/cli/tables/forms.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: tables for documents");
const B0 = ["none", "se", "eca"].map((kind) => `specs/b0-${kind}.json`);
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-tables-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const TABLE: Table = {
  title: "a_b",
  head: ["name", "MACs", "%"],
  rows: [
    ['a|b, "c" & d_1', counted(1234567), percent(-12.5)],
    ["[N, 3] → 5% <x>", counted(0), percent(null)],
  ],
  foot: [["total", counted(1234567), ""]],
};

test("csv is what Python's csv module reads, with plain numbers", () => {
  const script = "import csv, json, sys; print(json.dumps(list(csv.reader(sys.stdin))))";
  const { stdout } = spawnSync("/usr/bin/python3", ["-c", script], { input: tablesAs("csv", [TABLE]) });
  assert.equal(JSON.parse(String(stdout)), [
    ["name", "MACs", "%"],
    ['a|b, "c" & d_1', "1234567", "-12.5"],
    ["[N, 3] → 5% <x>", "0", ""],
    ["total", "1234567", ""],
  ]);
});

test("Markdown and LaTeX escape what these obey", () => {
  assert.is(
    tablesAs("md", [TABLE]),
    [
      "**a\\_b**",
      "",
      "| name | MACs | % |",
      "|---|---:|---:|",
      '| a\\|b, "c" \\& d\\_1 | 1,234,567 | -12.50 % |',
      "| \\[N, 3\\] → 5% \\<x\\> | 0 |  |",
      "| total | 1,234,567 |  |",
      "",
    ].join("\n"),
  );
  assert.is(
    tablesAs("latex", [TABLE]),
    [
      "% a_b",
      "\\begin{tabular}{lrr}",
      "\\toprule",
      "name & MACs & \\% \\\\",
      "\\midrule",
      'a\\textbar{}b, "c" \\& d\\_1 & 1,234,567 & $-$12.50 \\% \\\\',
      "{}[N, 3] $\\to$ 5\\% \\textless{}x\\textgreater{} & 0 &  \\\\",
      "\\midrule",
      "total & 1,234,567 &  \\\\",
      "\\bottomrule",
      "\\end{tabular}",
      "",
    ].join("\n"),
  );
});

test("stats of several networks: JSON, a table, and what their expectations come to", () => {
  const report = JSON.parse(ecagen(["stats", ...B0, "--json"]).stdout);
  assert.equal(
    report.networks.map((each: { file: string; parameters: number }) => [each.file, each.parameters]),
    [
      [B0[0], 4652008],
      [B0[1], 5288548],
      [B0[2], 4652084],
    ],
  );
  assert.equal(report.warnings, []);
  const { code, stdout, stderr } = ecagen(["stats", ...B0, "--format", "csv"]);
  assert.is(code, 0);
  assert.is(stdout.split("\r\n")[2], "specs/b0-se.json,3×224×224,5288548,636540,42016,385814752");
  assert.match(stderr, /^specs\/b0-se\.json: 3 expected counts: ok$/m);
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, JSON.stringify({ extends: "b0-se", expect: { parameters: 1 } }));
  const failed = ecagen(["stats", B0[0] ?? "", wrong]);
  assert.is(failed.code, 1);
  assert.match(failed.stdout, /wrong\.json: expect\.parameters 1: FAILED/);
});

test("every file that is wrong is said, and nothing is printed", () => {
  for (const command of ["stats", "diff"]) {
    const { code, stdout, stderr } = ecagen([command, "no-1.json", B0[0] ?? "", "no-2.json"]);
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.equal(stderr.match(/there is no file no-\d/g)?.length, 2);
  }
});

test("diff of more than two has networks and diffs; two have the keys that they had", () => {
  const { networks, diffs, warnings } = JSON.parse(ecagen(["diff", ...B0, "--json"]).stdout);
  assert.equal(
    networks.map((each: { file: string }) => each.file),
    B0,
  );
  assert.equal(warnings, []);
  for (const [i, diff] of diffs.entries()) {
    const {
      warnings: none,
      schemaVersion,
      ...two
    } = JSON.parse(ecagen(["diff", B0[0] ?? "", B0[i + 1] ?? "", "--json"]).stdout);
    assert.equal(none, []);
    assert.is(schemaVersion, 1);
    assert.equal(diff, two);
  }
  const text = ecagen(["diff", ...B0]).stdout;
  assert.match(text, /^specs\/b0-se\.json +5,288,548 +13\.68 % +636,540 +42,016 +385,814,752 +0\.16 %$/m);
  assert.match(text, /^specs\/b0-eca\.json, compared with specs\/b0-none\.json:$/m);
});

test("--fail-on exits with 1 and says why in every form", () => {
  const [none = "", se = ""] = B0;
  const run = (...more: string[]) => ecagen(["diff", none, se, "--fail-on", "parameters>+1%", ...more]);
  const reason =
    "specs/b0-se.json has 5,288,548 parameters, specs/b0-none.json has 4,652,008: +636,540 (+13.68 %)";
  for (const [form, stream] of [
    [[], "stdout"],
    [["--format", "csv"], "stderr"],
    [["--format", "latex"], "stderr"],
  ] as const) {
    const found = run(...form);
    assert.is(found.code, 1);
    assert.match(found[stream], `FAILED parameters>+1%: ${reason}`);
  }
  assert.match(run("--format", "md").stdout, "❌ `parameters>+1%`: specs/b0-se.json has 5,288,548");
  const json = run("--json", "--fail-on", "attention-removed");
  assert.is(json.code, 1);
  assert.equal(JSON.parse(json.stdout).failed, [{ condition: "parameters>+1%", reason }]);
  const fine = ecagen(["diff", none, se, "--fail-on", "parameters>+14%", "--json"]);
  assert.is(fine.code, 0);
  assert.equal(JSON.parse(fine.stdout).failed, []);
  assert.is(ecagen(["diff", none, se, "--fail-on", "parameters>1%"]).code, 2);
  assert.is(ecagen(["diff", none, se, "--json", "--format", "md"]).code, 2);
});

/** Command lines with tables, and the head of the first one as Markdown has it. */
const COMMANDS: readonly (readonly [command: string, head: string])[] = [
  ["stats specs/small.json", "| block | type | attention | parameters | MACs | output |"],
  ["inspect test/data/onnx/se-mean-11.onnx", "| block | type | channels | kernel | stride | map |"],
  ["list small", "| family | name | parameters | attention's | MACs |"],
  ["explain k specs/b0-eca.json", "| gate | type | C | k | rule | because |"],
  ["verify specs/small.json", "| weights | reference | compared | batch |"],
  ["bench specs/small.json --processes 1 --runs 1 --warmup 0", "| model | batch | median ms |"],
  ["weights inspect test/data/onnx/se-mean-11.onnx --values", "| tensor | type | shape | bytes | min |"],
  [
    "weights diff test/data/onnx/se-mean-11.onnx test/data/onnx/se-flat-11.onnx",
    "| only in test/data/onnx/se-mean-11.onnx |",
  ],
];

for (const [command, head] of COMMANDS) {
  test(`ecagen ${command} prints its tables in every form, and nothing else on stdout`, () => {
    const run = (format: string): string => ecagen([...command.split(" "), "--format", format]).stdout;
    const md = run("md");
    assert.ok(md.includes(head), md);
    const rows = md.split("\n").filter((line) => line !== "" && !line.startsWith("**"));
    for (const row of rows) assert.match(row, /^\|.*\|$/);
    const tables = rows.filter((row) => row.startsWith("|---")).length;
    assert.is(run("latex").match(/\\begin\{tabular\}/g)?.length, tables);
    const csv = run("csv").split("\r\n");
    assert.is(csv.filter((line) => line === "").length, tables);
    assert.is(csv.filter((line) => line !== "").length, rows.length - tables);
  });
}

test("tables prints the papers' tables as --markdown does", () => {
  const md = ecagen(["tables", "senet", "--format", "md"]);
  assert.is(md.stdout, ecagen(["tables", "senet", "--markdown"]).stdout);
  assert.match(
    ecagen(["tables", "senet", "--format", "csv"]).stdout,
    /^network,value,published,ours,exact,agrees\r$/m,
  );
});

test.run();
