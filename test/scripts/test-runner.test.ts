import { spawnSync } from "node:child_process";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isOutdated } from "../../scripts/test/built.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** The runner itself, on small files that are broken in the ways that uvu is silent about. */
const test = suite("scripts: the test runner");

interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
}

/** Runs files, each with a suite called test in it. */
function runTests(
  folder: string,
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Run {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.test.ts`), `${HEAD}${body}\n`);
  }
  const args = ["--import", "tsx", "scripts/test.ts", "--folder", folder, ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const count = (what: string): number => Number(new RegExp(`^ {2}${what}: +(\\d+)$`, "m").exec(stdout)?.[1]);
  return {
    ...{ status, output: stdout + stderr },
    ...{ total: count("Total"), passed: count("Passed"), skipped: count("Skipped") },
  };
}

const HEAD = 'import { suite } from "uvu";\nconst test = suite("suite");\n';
const GOOD = 'test("good", () => {});\ntest("too", async () => {});\ntest.run();';

/** A file that must fail: what is said of it, with how many tests and problems counted, and how many tests passed. */
interface Broken {
  readonly what: string;
  readonly body: string;
  readonly says: RegExp;
  readonly counts: readonly [total: number, passed: number];
}

const BROKEN: readonly Broken[] = [
  {
    what: "a test that fails",
    body: 'test("bad", () => { throw new Error("oh"); });\ntest.run();',
    says: /0 of 1 tests passed/,
    counts: [1, 0],
  },
  {
    what: "a before hook that throws",
    body: `test.before(() => { throw new Error("no folder"); });\n${GOOD}`,
    says: /the hook before of "suite" threw Error: no folder[\s\S]*of 2 tests that it registered, 0 ran/,
    counts: [4, 0],
  },
  {
    what: "an after hook that throws",
    body: `test.after(async () => { throw new Error("no folder"); });\n${GOOD}`,
    says: /the hook after of "suite" threw Error: no folder/,
    counts: [3, 2],
  },
  {
    what: "a hook that throws before each test",
    body: `test.before.each(() => { throw new TypeError("undefined"); });\n${GOOD}`,
    says: /the hook before\.each of "suite" threw TypeError: undefined/,
    counts: [5, 0],
  },
  {
    what: "a hook that throws after each test, whose suite ends there",
    body: `test.after.each(() => { throw new Error("again"); });\n${GOOD}`,
    says: /the hook after\.each of "suite" threw Error: again/,
    counts: [5, 1],
  },
  { what: "a file without a test", body: "test.run();", says: /it has no test/, counts: [1, 0] },
  {
    what: "a suite that is never run",
    body: 'test("good", () => {});',
    says: /of 1 tests that it registered, 0 ran/,
    counts: [2, 0],
  },
  {
    what: "one of two suites that is never run",
    body: `const other = suite("other");\nother("lost", () => {});\n${GOOD}`,
    says: /of 3 tests that it registered, 2 ran/,
    counts: [4, 2],
  },
  {
    what: "a test that is registered while the others run",
    body: 'test("good", () => { test("late", () => {}); });\ntest.run();',
    says: /of 2 tests that it registered, 1 ran/,
    counts: [3, 1],
  },
  {
    what: "a process that ends in a test",
    body: `test("ends", () => process.exit(0));\n${GOOD}`,
    says: /its process ended with exit code 0 before its tests were over/,
    counts: [1, 0],
  },
  {
    what: "a process that ends while the file is loaded",
    body: `process.exit(0);\n${GOOD}`,
    says: /its process ended with exit code 0 before its tests were over/,
    counts: [1, 0],
  },
  {
    what: "a process that is killed",
    body: `test("dies", () => new Promise(() => process.kill(process.pid, "SIGKILL")));\n${GOOD}`,
    says: /its process ended with SIGKILL before its tests were over/,
    counts: [1, 0],
  },
  {
    what: "a rejection that nobody handles",
    body: `test("rejects", () => { Promise.reject(new Error("lost")); return new Promise((go) => setTimeout(go, 200)); });\n${GOOD}`,
    says: /its process ended with exit code 1 before its tests were over/,
    counts: [1, 0],
  },
  {
    what: "such a rejection after the tests",
    body: 'test("rejects", () => { setTimeout(() => Promise.reject(new Error("late")), 300); });\ntest.run();',
    says: /its process ended with exit code 1 after its tests/,
    counts: [2, 1],
  },
  {
    what: "a test that waits for nothing",
    body: `test("waits", () => new Promise(() => {}));\n${GOOD}`,
    says: /its process ended with exit code 13 before its tests were over/,
    counts: [1, 0],
  },
  {
    what: "a file that can't be loaded",
    body: 'await import("./missing.js");',
    says: /it can't be loaded: .*missing\.js/,
    counts: [2, 0],
  },
  {
    what: ".only",
    body: 'test("good", () => {});\ntest.only("one", () => {});\ntest.run();',
    says: /"one" is registered by \.only/,
    counts: [3, 2],
  },
  {
    what: ".skip",
    body: `test.skip("one", () => {});\n${GOOD}`,
    says: /"one" is skipped by \.skip; skip\(\) of test\/skip\.ts/,
    counts: [3, 2],
  },
];

test("files that are right pass, with counts for CI", () =>
  inTemporaryFolder((folder) => {
    const { status, total, passed, skipped, output } = runTests(folder, { a: GOOD, b: GOOD });
    assert.equal([status, total, passed, skipped], [0, 4, 4, 0], output);
  }));

test("each kind of file that is broken fails, and what went wrong is said of it", () =>
  inTemporaryFolder((folder) => {
    const files = Object.fromEntries(BROKEN.map(({ body }, i) => [`case-${i}`, body]));
    const run = runTests(folder, { good: GOOD, ...files }, ["--apart"]);
    assert.is(run.status, 1);
    const summary = run.output.slice(run.output.indexOf("What failed:"));
    for (const [i, { what, says }] of BROKEN.entries()) {
      const said = summary.split("\n").filter((line) => line.includes(`case-${i}.test.ts: `));
      assert.match(said.join("\n"), says, what);
    }
    assert.not.match(summary, /good\.test\.ts/);
    const expected = [0, 1].map((i) => BROKEN.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 2));
    assert.equal([run.total, run.passed], expected, summary);
  }));

test("files after one whose process ended are missed", () =>
  inTemporaryFolder((folder) => {
    const run = runTests(folder, { a: GOOD, b: "process.exit(0);", c: GOOD });
    assert.is(run.status, 1);
    assert.match(run.output, /c\.test\.ts: the process ended before it began/);
  }));

test("skipped tests are counted once each, and fail where none may be skipped", () =>
  inTemporaryFolder((folder) => {
    const skip = JSON.stringify(join(process.cwd(), "test/skip.ts"));
    const skips = `for (const name of ["one", "two", "two"]) skip(name, "there is no GPU");`;
    const body = `const { skip } = await import(${skip});\n${skips}\n${GOOD}`;
    const allowed = runTests(folder, { a: body });
    assert.equal([allowed.status, allowed.total, allowed.passed, allowed.skipped], [0, 2, 2, 2]);
    const nothingElse = body.replace(GOOD, "test.run();");
    const alone = runTests(folder, { b: nothingElse }, ["b.test.ts"]);
    assert.equal([alone.status, alone.total, alone.passed, alone.skipped], [0, 0, 0, 2], alone.output);
    const refused = runTests(folder, { a: body }, ["--no-skips", "a.test.ts"]);
    assert.equal([refused.status, refused.total, refused.passed, refused.skipped], [1, 4, 2, 2]);
    assert.match(refused.output, /!!! SKIPPED, because there is no GPU: two\nwhat they need should be here/);
  }));

test("a name that no file has is an error", () =>
  inTemporaryFolder((folder) => {
    const run = runTests(folder, { a: GOOD }, ["nowhere"]);
    assert.is(run.status, 1);
    assert.match(run.output, /no test file has nowhere in its name/);
  }));

test("programs that are missing, or older than a source or a folder of sources, are outdated", () =>
  inTemporaryFolder((root) => {
    for (const name of ["src/ir", "scripts/core-bundle", "dist"])
      mkdirSync(join(root, name), { recursive: true });
    const sources = [
      "src/ir/a.ts",
      "scripts/build.ts",
      "scripts/core-bundle/options.ts",
      "package.json",
      "package-lock.json",
    ];
    const programs = ["dist/cli.js", "dist/index.js", "dist/worker.js", "dist/core.js"];
    const setTime = (name: string, seconds: number): void => utimesSync(join(root, name), seconds, seconds);
    for (const name of [...sources, ...programs]) writeFileSync(join(root, name), "");
    for (const name of [...sources, "src", "src/ir", "scripts/core-bundle"]) setTime(name, 1000);
    for (const name of programs) setTime(name, 2000);
    assert.not(isOutdated(root));
    for (const name of [...sources, "src/ir"]) {
      setTime(name, 3000);
      assert.ok(isOutdated(root), name);
      setTime(name, 1000);
    }
    setTime("dist/worker.js", 500);
    assert.ok(isOutdated(root));
  }));

test.run();
