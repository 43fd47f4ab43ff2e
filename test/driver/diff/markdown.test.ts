import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Change } from "../../../src/analysis/diff/changes.js";
import { diffMarkdown } from "../../../src/driver/diff/markdown.js";
import { diffSeveral } from "../../../src/driver/diff/several.js";

const test = suite("driver: diffs as Markdown");

type Report = ReturnType<typeof diffSeveral>;

const B0 = diffSeveral(["specs/b0-none.json", "specs/b0-se.json", "specs/b0-eca.json"], {
  failOn: ["parameters>+1%"],
});

/** One of the diffs with other changes and names. */
function reportOf(
  changes: readonly Change[],
  names: readonly [string, string] = ["a.json", "b.json"],
): Report {
  const [diff] = B0.diffs;
  assert.ok(diff);
  const [a, b] = names;
  return {
    ...B0,
    networks: B0.networks.slice(0, 2).map((each, i) => ({ ...each, file: names[i] ?? "" })),
    diffs: [{ ...diff, a, b, changes, failed: [] }],
  };
}

const change = (at: string, before: string | null = null): Change => ({
  kind: "layer-changed",
  at,
  before,
  after: "b",
  parametersDelta: 0,
});

test("two networks: numbers, and the changes folded away", () => {
  const text = diffMarkdown({ ...B0, networks: B0.networks.slice(0, 2), diffs: B0.diffs.slice(0, 1) });
  const lines = text.split("\n");
  assert.is(lines[0], "### `specs/b0-none.json` → `specs/b0-se.json`");
  assert.match(text, /^- ❌ `parameters>\+1%`: .*5,288,548.*4,652,008/m);
  assert.match(text, /^\| parameters \| 4,652,008 \| 5,288,548 \| \+636,540 \| \+13\.68 % \|$/m);
  assert.match(text, /^<details><summary>16 attention-added<\/summary>$/m);
  assert.match(
    text,
    /^\| attention-added \| `\/stages\/0\/blocks\/0\/attention` \| {2}\| `se \(32 → 8 → 32\)` \| \+552 \|$/m,
  );
  // GitHub reads Markdown inside of HTML only after an empty line.
  const at = lines.findIndex((line) => line.startsWith("<details>"));
  assert.is(lines[at + 1], "");
  assert.is(lines[lines.indexOf("</details>") - 1], "");
});

test("several networks: a row for each, and each with the first", () => {
  const text = diffMarkdown(B0);
  assert.match(text, /^\| `specs\/b0-none\.json` \| 4,652,008 \| 0 \| 42,016 \| 385,187,552 \|$/m);
  assert.match(
    text,
    /^\| `specs\/b0-se\.json` \| 5,288,548 \(\+13\.68 %\) \| 636,540 \| 42,016 \| 385,814,752 \(\+0\.16 %\) \|$/m,
  );
  assert.is(text.match(/<details><summary>specs\/b0-(se|eca)\.json: 16 attention-added</g)?.length, 2);
});

test("networks that don't differ have nothing to unfold", () => {
  const text = diffMarkdown(diffSeveral(["specs/b0-se.json", "specs/b0-se.json"]));
  assert.not.match(text, /<details>/);
  assert.match(text, /^the networks compute the same of the same inputs and weights$/m);
});

test("at most 60,000 characters, and the rest is counted", () => {
  const many = Array.from({ length: 5000 }, (_, i) => change(`/stages/${i}`, "x".repeat(i % 300)));
  const text = diffMarkdown(reportOf(many));
  assert.ok(text.length <= 60_000 && text.length > 55_000, `${text.length}`);
  const shown = text.match(/^\| layer-changed/gm)?.length ?? 0;
  assert.match(text, `${(5000 - shown).toLocaleString("en")} more changes`);
  assert.match(text, /<\/details>\n$/);
  const several = { ...B0, diffs: [many, many].flatMap((changes) => reportOf(changes).diffs) };
  assert.ok(diffMarkdown(several).length <= 60_000);
  const long = diffMarkdown(reportOf([change("x".repeat(1e6))], ["y".repeat(1e6), "z".repeat(1e6)]));
  assert.ok(long.length < 3000);
});

test("names are shown as they are, and tell nobody", () => {
  const names = ["a|b", "`@team`", "</details>", "*x*\n# y", "``"];
  const text = diffMarkdown(
    reportOf(
      names.map((name) => change(name)),
      ["@a.json", "<b>@b.json"],
    ),
  );
  const rows = text.split("\n").filter((line) => line.startsWith("| layer-changed"));
  assert.is(rows.length, names.length);
  for (const row of rows) assert.is(row.match(/(?<!\\)\|/g)?.length, 6, row);
  // Outside of code, which is between as many backticks as it begins with.
  const outside = text.replace(/(`+) ?.*?[^`]\1(?!`)/g, "");
  assert.not.match(outside, /@\w|<b>|\*x\*/);
  assert.is(outside.match(/<\/details>/g)?.length, 1);
});

test.run();
