import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Runtime, startRuntime } from "../../src/runtime/session.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: killed runs");

const [cli, killAt] = [resolve("dist/cli.js"), new URL("kill-at.mjs", import.meta.url).href];
/** Holds what commands read, and the folders that they are run in. */
const home = mkdtempSync(join(tmpdir(), "ecagen-"));
const [spec, source, weights] = [
  join(home, "spec.json"),
  join(home, "source.onnx"),
  join(home, "w.safetensors"),
];
const [oldTemplates, newTemplates] = [join(home, "old-templates"), join(home, "new-templates")];
let runtime: Runtime | undefined;

test.before(async () => {
  const network = {
    input: { channels: 3, height: 8, width: 8 },
    stem: { channels: 8, kernel: 3, stride: 2 },
    stages: [
      { block: "depthwise-separable", kernel: 3, channels: 40, attention: { type: "se", ratio: 0.25 } },
    ],
    head: { channels: 16, classes: 10 },
  };
  writeFileSync(spec, JSON.stringify({ name: "killed", ...network }));
  const made = ["compile", spec, "-o", source, "--external-data", "--export-weights", weights];
  assert.is(ecagen(made).code, 0);
  for (const [folder, own] of [
    [oldTemplates, "gone"],
    [newTemplates, "new"],
  ] as const) {
    mkdirSync(join(folder, own), { recursive: true });
    writeFileSync(join(folder, "both.txt"), own);
    writeFileSync(join(folder, own, "own.txt"), own);
  }
  runtime = await startRuntime();
});

test.after(() => {
  runtime?.close();
  rmSync(home, { recursive: true, force: true });
});

type Contents = Readonly<Record<string, string>>;

const MANIFEST = join("program", "ecagen.json");

interface Killed {
  readonly name: string;
  /** What is there before; nothing where it is left out. */
  readonly old?: readonly string[];
  readonly new: readonly string[];
}

const external = ["-o", "m.onnx", "--external-data"];

const RUNS: readonly Killed[] = [
  {
    name: "compile --external-data",
    old: ["compile", spec, ...external],
    new: ["compile", spec, ...external, "--seed", "1"],
  },
  {
    name: "compile with weights beside, without before",
    old: ["compile", spec, "-o", "m.onnx"],
    new: ["compile", spec, ...external, "--export-weights", "w.safetensors"],
  },
  {
    name: "rewrite",
    old: ["compile", spec, ...external],
    new: ["rewrite", source, "--swap", "se=eca", "-o", "m.onnx", "--no-verify"],
  },
  {
    name: "weights convert",
    old: ["weights", "convert", weights, "--spec", spec, "--names", "ecagen", "-o", "w.safetensors"],
    new: ["weights", "convert", weights, "--spec", spec, "--names", "timm", "-o", "w.safetensors"],
  },
  {
    name: "codegen into a new folder",
    new: ["codegen", spec, "--templates", newTemplates, "-o", "program"],
  },
  {
    name: "codegen over another program",
    old: ["codegen", spec, "--templates", oldTemplates, "-o", "program"],
    new: ["codegen", spec, "--templates", newTemplates, "-o", "program"],
  },
];

for (const { name, old, new: changed } of RUNS) {
  test(`${name}: what is there is the old or the new, and the next run mends the rest`, async () => {
    const [before, after] = [join(home, `${name} before`), join(home, `${name} after`)];
    mkdirSync(before);
    if (old !== undefined) await run(before, old);
    cpSync(before, after, { recursive: true });
    const calls = await run(after, changed);
    assert.ok(calls >= 4, `${calls} calls`);
    const [first, last] = [contentsOf(before), contentsOf(after)];
    assert.not.equal(first, last);

    const points = Array.from({ length: calls }, (_, i) => i + 1);
    const mended = new Set<string>();
    const states = { old: 0, new: 0, between: 0 };
    await inParallel(points, async (point) => {
      const folder = join(home, `${name} ${point}`);
      cpSync(before, folder, { recursive: true });
      await run(folder, changed, point);
      const left = contentsOf(folder);
      states[stateOf(left, first, last, `killed at call ${point}`)]++;
      for (const model of Object.keys(left).filter((file) => /(^|\/)m\.onnx$/.test(file)))
        await loads(join(folder, model));

      // One state is mended in one way, whatever random part the names of temporary files have.
      const state = JSON.stringify(left).replaceAll(/\.ecagen-[\w-]+\.tmp/g, ".tmp");
      if (mended.has(state)) return;
      mended.add(state);
      await run(folder, changed);
      assert.equal(contentsOf(folder), last, `after the next run, killed at call ${point}`);
    });
    assert.ok(states.old > 0 && states.old + states.new + states.between === points.length);
  });
}

test("on a full disk the old model stays, with its data, and nothing else", async () => {
  const before = join(home, "full before");
  mkdirSync(before);
  await run(before, ["compile", spec, ...external]);
  const first = contentsOf(before);
  const command = ["compile", spec, ...external, "--export-weights", "w.safetensors", "--seed", "1"];
  const after = join(home, "full after");
  cpSync(before, after, { recursive: true });
  const calls = await run(after, command);
  const last = contentsOf(after);
  const codes = new Map<number | null, number>();
  await inParallel(
    Array.from({ length: calls }, (_, i) => i + 1),
    async (point) => {
      const folder = join(home, `full ${point}`);
      cpSync(before, folder, { recursive: true });
      const { code, stderr } = await runWith(folder, command, {
        KILL_AT: String(point),
        FAIL_WITH: "ENOSPC",
      });
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const left = contentsOf(folder);
      // What removes the old data, or keeps names over a loss of power, may fail.
      if (code === 0) {
        for (const [file, content] of Object.entries(last))
          assert.is(left[file], content, `call ${point}: ${file}`);
        return;
      }
      assert.equal(left, first, `call ${point}: ${stderr}`);
      assert.is(code, 2, stderr);
      assert.match(stderr, /can't write .*: the disk is full[\s\S]*hint: make room/);
    },
  );
  assert.ok((codes.get(2) ?? 0) >= 6, JSON.stringify([...codes]));
});

/**
 * Whether a folder has all that it had before, or all that it has after. Only a program can be between, and its manifest says so
 * then. Every file is one or the other.
 */
function stateOf(left: Contents, first: Contents, last: Contents, when: string): "old" | "new" | "between" {
  const here = Object.entries(left).filter(([file]) => !file.endsWith(".tmp"));
  for (const [file, content] of here) {
    if (file !== MANIFEST) assert.ok([first[file], last[file]].includes(content), `${when}: ${file}`);
  }
  const hasAll = (all: Contents): boolean =>
    Object.keys(all).length > 0 && Object.entries(all).every(([file, content]) => left[file] === content);
  if (hasAll(last)) return "new";
  const manifest = left[MANIFEST];
  if (hasAll(first) || (Object.keys(first).length === 0 && manifest === undefined)) return "old";
  assert.ok(manifest !== undefined && JSON.parse(manifest).incomplete, `${when}, neither old nor new`);
  return "between";
}

/** Runs the command line in a folder; killed at a call, or to its end. Gives how many calls there were. */
async function run(folder: string, args: readonly string[], point = 0): Promise<number> {
  const { code, signal, stderr } = await runWith(folder, args, { KILL_AT: String(point) });
  if (point > 0) assert.is(signal, "SIGKILL", `${args.join(" ")}, call ${point}: ${stderr}`);
  else assert.is(code, 0, `${args.join(" ")}: ${stderr}`);
  return Number(/calls: (\d+)/.exec(stderr)?.[1] ?? 0);
}

async function runWith(folder: string, args: readonly string[], more: Readonly<Record<string, string>>) {
  const env = { ...process.env, NO_COLOR: "1", ...more };
  const child: ChildProcess = spawn(process.execPath, ["--import", killAt, cli, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const stderr = child.stderr === null ? "" : await text(child.stderr);
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return { code, signal, stderr };
}

/** ONNX Runtime loads it, with its data. */
async function loads(model: string): Promise<void> {
  const session = await runtime?.open(model);
  assert.ok(session);
  await session?.close();
}

/** Every file of a folder by path: a manifest's text, the hash of any other. */
function contentsOf(folder: string): Contents {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const [name, bytes] = [path.slice(folder.length + 1), readFileSync(path)];
      return [name, name === MANIFEST ? String(bytes) : createHash("sha256").update(bytes).digest("hex")];
    }),
  );
}

/** As many at a time as there are cores. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

test.run();
