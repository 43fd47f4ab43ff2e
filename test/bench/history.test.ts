import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  addToHistory,
  lastComparable,
  type Run,
  readHistory,
  worsened,
} from "../../bench/compiler/history.js";
import { type Quartiles, quartilesOf, ratios } from "../../bench/compiler/ratios.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("bench: history of ratios");

const run = (commit: string, ratios: Run["ratios"], machine = "2 × CPU", node = "v20.1.0"): Run => ({
  ...{ commit, date: "2026-01-01", machine, node },
  ratios,
  memory: {},
});

const around = (median: number): Quartiles => ({ lower: median - 0.1, median, upper: median + 0.1 });

test("quartiles are those of the sorted numbers, between two where none is the middle", () => {
  assert.equal(quartilesOf([5, 1, 3, 2, 4]), { lower: 2, median: 3, upper: 4 });
  assert.equal(quartilesOf([1, 2, 3, 4]), { lower: 1.75, median: 2.5, upper: 3.25 });
  assert.equal(quartilesOf([7]), { lower: 7, median: 7, upper: 7 });
});

test("a ratio is worse where its middle half lies above the earlier one; new and faster ones are not", () => {
  const before = run("a", { list: around(2), stats: around(2.5), gone: around(1) });
  const now = run("b", { list: around(2.15), stats: around(2.75), added: around(9) });
  assert.equal(worsened(before, now), ["stats: 2.75 (from 2.65), was 2.50 (to 2.60) at a"]);
  assert.equal(worsened(now, before), []);
});

test("runs are compared with the last one on such a machine with such a Node.js", () => {
  const history = [
    run("a", {}),
    run("b", {}, "2 × CPU", "v20.9.0"),
    run("c", {}, "8 × CPU"),
    run("d", {}, "2 × CPU", "v22.0.0"),
  ];
  assert.is(lastComparable(history, run("now", {}))?.commit, "b");
  assert.is(lastComparable(history, run("now", {}, "16 × CPU")), undefined);
});

test("the history is a file of lines that grows", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "history.jsonl");
    assert.equal(readHistory(file), []);
    const runs = [run("a", { list: around(2) }), run("b", { list: around(1) })];
    for (const each of runs) addToHistory(each, file);
    assert.equal(readHistory(file), runs);
    assert.is(readFileSync(file, "utf8").split("\n").length, 3);
  }));

test("a command is timed against its peer, and one that fails is an error", () => {
  const slow = [process.execPath, "-e", "setTimeout(() => undefined, 600)"] as const;
  const [ratio = 0] = ratios(slow, [process.execPath, "-e", "0"], 1);
  assert.ok(ratio > 1, String(ratio));
  throwsError(() => ratios([process.execPath, "-e", "process.exit(3)"], slow, 1), Error, /ended with 3/);
});

test.run();
