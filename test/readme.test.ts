import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stats } from "../src/driver/stats/stats.js";
import { specNetwork } from "../src/given/spec-file.js";
import { ecagen } from "./cli/run-cli.js";

/** What the README shows is what a reader gets. */
const readme = readFileSync("README.md", "utf8");
const test = suite("readme");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-readme-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(
    (match) => match[1] as string,
  );

test("the specs in it are valid and meet what they expect", () => {
  const specs = [...blocks("jsonc"), ...blocks("json")];
  assert.is(specs.length, 2);
  for (const [i, text] of specs.entries()) {
    const file = join(folder, `${i}.json`);
    writeFileSync(file, text);
    const { expectations } = stats(file);
    assert.ok(expectations.length > 0 && expectations.every((each) => each.ok), JSON.stringify(expectations));
  }
});

test("the first spec's gates are all ECA", () => {
  const file = join(folder, "first.json");
  writeFileSync(file, blocks("jsonc")[0] ?? "");
  const gates = specNetwork(file).graph.ops.flatMap(({ kind }) =>
    kind.startsWith("attention.") ? [kind] : [],
  );
  assert.equal(new Set(gates), new Set(["attention.eca"]));
});

test("the error is the one that the command prints", () => {
  const start = readme.indexOf("    net.json:");
  const end = readme.indexOf("\n## ", start);
  const shown = readme
    .slice(start, end)
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(4))
    .join("\n");
  const broken = /^6 \| (.*)$/m.exec(shown)?.[1] ?? "";
  const lines = [
    "{",
    '  "name": "net",',
    '  "stem": { "channels": 16, "kernel": 3, "stride": 2 },',
    '  "head": { "classes": 10 },',
    '  "stages": [{ "block": "conv-norm-act", "kernel": 3, "stride": 1, "channels": 16 },',
    broken,
    "]}",
  ];
  const file = join(folder, "net.json");
  writeFileSync(file, lines.join("\n"));
  const { stderr, code } = ecagen(["stats", file]);
  assert.is(code, 2);
  assert.is(stderr.replaceAll(file, "net.json").trimEnd(), shown);
});

test.run();
