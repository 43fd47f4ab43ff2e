import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ecagen } from "./run-cli.js";

const test = suite("cli: sweeps");
const folder = mkdtempSync(join(tmpdir(), "ecagen-sweep-"));
const at = (name: string): string => join(folder, name);
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** 500 variants of B0. */
const LARGE = {
  base: "b0-se",
  axes: {
    gates: ["kept", "eca", { type: "cbam" }, "none"],
    width: { from: 0.5, to: 1.5, step: 0.2 },
    gatedStages: [
      [0, 1, 2, 3, 4, 5, 6],
      [4, 5, 6],
    ],
    "head.channels": { from: 320, to: 2048 },
  },
  sample: { count: 500, seed: 3 },
  constraints: ["parameters < 5e6"],
};

const SMALL = { base: "b0-se", axes: { gates: ["se", "eca", "none"], width: [1, 2] } };

function written(sweep: object, name = "sweep.json"): string {
  writeFileSync(at(name), JSON.stringify(sweep));
  return at(name);
}

const lines = (file: string): readonly string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);

function started(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["dist/cli.js", "sweep", ...args], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Waits until a file has so many whole lines, and gives whether it came to that before the process ended. */
async function hasLines(file: string, count: number, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    if (existsSync(file) && readFileSync(file).filter((byte) => byte === 10).length >= count) return true;
    await delay(5);
  }
  return false;
}

async function ended(child: ChildProcess): Promise<readonly [code: number | null, signal: string | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return [child.exitCode, child.signalCode];
}

test("500 variants, killed three times and resumed, are those of an undisturbed run", async () => {
  const sweep = written(LARGE);
  const [whole, killed] = [at("whole.jsonl"), at("killed.jsonl")];
  const start = performance.now();
  assert.is(ecagen(["sweep", sweep, "-o", whole]).code, 0);
  const perSecond = 500 / ((performance.now() - start) / 1000);
  // Two free cores make 50 to 100: other tests run beside this one.
  assert.ok(perSecond > 10, `${perSecond} variants a second`);
  for (const rows of [40, 170, 390]) {
    const child = started([sweep, "-o", killed]);
    assert.ok(await hasLines(killed, rows, child));
    child.kill("SIGKILL");
    assert.equal(await ended(child), [null, "SIGKILL"]);
  }
  const { code, stdout } = ecagen(["sweep", sweep, "-o", killed]);
  assert.is(code, 0);
  assert.ok(Number(/(\d+) were in the file before/.exec(stdout)?.[1]) >= 389);
  assert.is(lines(whole).length, 501);
  assert.equal(lines(killed).toSorted(), lines(whole).toSorted());
});

test("SIGTERM and SIGINT leave whole lines, which the next run goes on from", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const [sweep, results] = [written(LARGE), at(`${signal}.jsonl`)];
    const child = started([sweep, "-o", results]);
    assert.ok(await hasLines(results, 10, child));
    child.kill(signal);
    assert.equal(await ended(child), [null, signal]);
    assert.ok(readFileSync(results, "utf8").endsWith("}\n"));
    assert.not.ok(existsSync(`${results}.lock`));
  }
});

test("two runs do not write one file; the lock of a killed one is no hindrance", async () => {
  const [sweep, results] = [written(LARGE), at("locked.jsonl")];
  const first = started([sweep, "-o", results]);
  assert.ok(await hasLines(results, 2, first));
  const second = ecagen(["sweep", sweep, "-o", results]);
  assert.is(second.code, 2);
  assert.match(second.stderr, /another run writes .*locked\.jsonl \[sweep\/locked\]/);
  first.kill("SIGKILL");
  await ended(first);
  assert.ok(existsSync(`${results}.lock`));
  const third = started([sweep, "-o", results]);
  assert.ok(await hasLines(results, lines(results).length + 2, third));
  third.kill("SIGTERM");
  await ended(third);
});

test("the parts of a job array are joined to the whole", () => {
  const sweep = written(SMALL, "small.json");
  const files = [1, 2, 3].map((part) => at(`part-${part}.jsonl`));
  for (const [i, file] of files.entries())
    assert.is(ecagen(["sweep", sweep, "--shard", `${i + 1}/3`, "-o", file]).code, 0);
  assert.is(ecagen(["sweep", sweep, "-o", at("all.jsonl")]).code, 0);
  const [first = "", ...others] = files;
  const merged = ecagen(["sweep", "merge", ...others, first, first, "-o", at("merged.jsonl")]);
  assert.match(merged.stdout, /small: 6 of 6 variants/);
  assert.equal(lines(at("merged.jsonl")).toSorted(), lines(at("all.jsonl")).toSorted());
  // The whole can be gone on with.
  assert.match(ecagen(["sweep", sweep, "-o", at("merged.jsonl")]).stdout, /6 were in the file before/);

  const some = ecagen(["sweep", "merge", first, "-o", at("some.jsonl")]);
  assert.equal([some.code, /4 of 6 variants are in none/.test(some.stderr)], [0, true]);
  assert.is(ecagen(["sweep", written({ base: "b0-se" }, "other.json"), "-o", at("other.jsonl")]).code, 0);
  for (const [args, message] of [
    [[first, at("other.jsonl"), "-o", at("no.jsonl")], /of another sweep .*\[sweep\/merge\]/],
    [[sweep, "-o", at("no.jsonl")], /small\.json, line 1: .*\[sweep\/results\]/],
    [[first, "-o", first], /is read, so it can't be written/],
    [[at("gone.jsonl"), "-o", at("no.jsonl")], /there is no such file/],
  ] as const) {
    const { code, stderr } = ecagen(["sweep", "merge", ...args]);
    assert.is(code, 2);
    assert.match(stderr, message);
  }
  assert.not.ok(existsSync(at("no.jsonl")));
});

test("tables in every form, and one JSON document", () => {
  const sweep = written(SMALL, "small.json");
  const text = ecagen(["sweep", sweep]);
  assert.is(text.code, 0);
  assert.match(text.stdout, /^gates +width +parameters/);
  assert.match(text.stdout, /eca +1 +4,652,084 +76 +385,232,096 +16 +ok/);
  assert.match(text.stdout, /small: 6 variants, 6 kept to the constraints/);
  const csv = ecagen(["sweep", sweep, "--format", "csv"]);
  assert.match(
    csv.stdout,
    /^gates,width,parameters,attention's,MACs,gate count,status,front,id\r\nse,1,5288548,636540,/,
  );
  assert.match(csv.stderr, /6 variants/);
  assert.match(ecagen(["sweep", sweep, "--format", "md"]).stdout, /^\| gates \| width \|/);
  assert.match(ecagen(["sweep", sweep, "--format", "latex"]).stdout, /\\toprule/);
  const json = JSON.parse(ecagen(["sweep", sweep, "--json"]).stdout) as { rows: object[]; output: null };
  assert.equal([json.rows.length, json.output], [6, null]);
});

test("wrong input is refused before anything is written", () => {
  const wrong = written({ ...SMALL, axes: { widht: [1] } }, "wrong.json");
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [
      [wrong, "-o", at("none.jsonl")],
      /wrong\.json:1:\d+: error: specs have no field "widht" \[sweep\/field\]/,
    ],
    [[at("small.json"), "-o", at("small.json")], /is read, so it can't be written/],
    [[at("small.json"), "-o", at("no/folder.jsonl")], /its directory does not exist/],
    [[at("small.json"), "--shard", "3/2"], /\[sweep\/shard\]/],
    [[at("small.json"), "--threads", "0"], /--threads takes one whole number/],
    [[at("missing.json")], /there is no such file/],
    [["specs/b0-se.json"], /unknown key "stem"/],
  ];
  for (const [args, message] of refused) {
    const { code, stderr } = ecagen(["sweep", ...args]);
    assert.is(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
  assert.not.ok(existsSync(at("none.jsonl")));
});

test.run();
