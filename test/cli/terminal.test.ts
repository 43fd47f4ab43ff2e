import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import stringWidth from "string-width";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/driver/compile/compile.js";
import { processesOf } from "../processes.js";
import { throwsError } from "../throws.js";
import { ESC, inTerminal, Screen, type TerminalRun } from "./pseudo-terminal.js";

/** The built command line on a terminal, as a person sees it. */
const test = suite("cli: terminal");
const WIDTHS = [100, 40];
const BAR = /[█░]/;
let folder = "";

/** A folder as the README's reader has it, but with a small network under each name, and with the files that the lines mention. */
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-terminal-"));
  const file = (name: string): string => join(folder, name);
  for (const name of ["specs", "out", "DIR"]) mkdirSync(file(name));
  const se = {
    input: { channels: 3, height: 32, width: 32 },
    stem: { channels: 8 },
    stages: [{ block: "inverted-residual", expansion: 2, stride: 2, channels: 8, attention: "se" }],
    head: { classes: 4 },
  };
  const passes = [{ pass: "swap-attention", from: "se", to: "eca" }];
  writeFileSync(file("sweep.json"), JSON.stringify({ base: "b0-se", axes: { gates: ["kept", "eca"] } }));
  writeFileSync(file("specs/b0-se.json"), JSON.stringify({ name: "b0-se", ...se }));
  writeFileSync(file("specs/b0-eca.json"), JSON.stringify({ name: "b0-eca", ...se, passes }));
  await compile(file("specs/b0-se.json"), {
    output: file("seresnet50.onnx"),
    exportWeights: file("efficientnet_b0.safetensors"),
  });
  for (const name of ["FILE.onnx", "model.onnx"]) copyFileSync(file("seresnet50.onnx"), file(name));
  await compile(file("specs/b0-eca.json"), { output: file("out/b0-eca.onnx") });
  copyFileSync("test/data/images/rgb.jpg", file("cat.jpg"));
  writeFileSync(file("imagenet.txt"), "cat\ndog\nfox\nowl\n");
  writeFileSync(file("x.npy"), npy([1, 3, 32, 32]));
  writeFileSync(file("DIR/card.txt.mustache"), "{{name.text}}\n");
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** What the README's short forms stand for, and what they leave out. */
const WORDS: Readonly<Record<string, string>> = {
  SPEC: "specs/b0-se.json",
  "b0-se": "specs/b0-se.json",
  "b0-eca": "specs/b0-eca.json",
  A: "specs/b0-se.json",
  B: "specs/b0-eca.json",
  MODEL: "out/b0-eca.onnx",
  "MODEL...": "specs/b0-se.json out/b0-eca.onnx",
  INPUT: "x.npy",
  FILE: "efficientnet_b0.safetensors",
  "[PAPER]": "eca-net",
  "SWEEP.json": "sweep.json",
};
/** A worker runs until it is stopped; test/cli/sweep-queue.test.ts has one beside a Redis. */
const ENDLESS = /^ecagen worker /;
const WEIGHTS: Readonly<Record<string, string>> = {
  A: "efficientnet_b0.safetensors",
  B: "efficientnet_b0.safetensors",
};
const LEFT_OUT: Readonly<Record<string, string>> = {
  codegen: "-o DIRECTORY --force",
  "weights convert": "--spec specs/b0-se.json --names ecagen -o own.safetensors",
};

/** Every line of the README that runs ecagen, as a reader types it. A mere mention, with which another begins, is none. */
function readmeLines(): readonly string[] {
  const readme = readFileSync("README.md", "utf8");
  const shown = [
    ...[...readme.matchAll(/^ {4}(npx ecagen .*)$/gm)].map(([, line = ""]) => line.split(" && ")[0] ?? ""),
    ...[...readme.matchAll(/`(ecagen [^`]+)`/g)].map(([, line = ""]) => line),
  ];
  const lines = shown.filter(
    (line) => !ENDLESS.test(line) && !shown.some((other) => other.startsWith(`${line} `)),
  );
  return [...new Set(lines)].map((line) => {
    const meant = line.startsWith("ecagen weights") ? { ...WORDS, ...WEIGHTS } : WORDS;
    const words = line.split(" ").map((word) => meant[word] ?? word);
    const command = words.filter((word) => word !== "npx").slice(1, 3);
    const more = words.includes("-o")
      ? ""
      : (LEFT_OUT[command.join(" ")] ?? LEFT_OUT[command[0] ?? ""] ?? "");
    return [...words, more].join(" ").trim();
  });
}

function assertNoBarLeft(run: TerminalRun, line: string): void {
  assert.not.match(run.lines.join("\n"), BAR, `what is left of the bar of ${line}`);
}

for (const columns of WIDTHS) {
  test(`every line of the README runs at ${columns} columns, and leaves the terminal as it was`, async () => {
    const lines = readmeLines();
    assert.ok(lines.length > 25, lines.join("\n"));
    for (const name of ["network.json", "page"]) rmSync(join(folder, name), { recursive: true, force: true });
    const failed: string[] = [];
    let bars = 0;
    for (const line of lines) {
      const run = await inTerminal(line, { columns, cwd: folder });
      if (run.code !== 0) failed.push([line, run.code, ...run.lines].join("\n"));
      assertNoBarLeft(run, line);
      if (BAR.test(run.printed)) bars++;
    }
    assert.equal(failed, []);
    assert.ok(bars > 8, `${bars} bars`);
  });
}

test("the demo, EfficientNet-B0 at full size", async () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: { demo: string } };
  const demo = join(folder, "demo");
  mkdirSync(demo);
  for (const part of ["dist", "specs"]) symlinkSync(resolve(part), join(demo, part));
  const run = await inTerminal(scripts.demo, { columns: 40, cwd: demo });
  assert.is(run.code, 0, run.lines.join("\n"));
  assert.match(run.lines.at(-2) ?? "", "specs/b0-eca.json: ok");
  assertNoBarLeft(run, scripts.demo);
  assertBarsFit(run, 40);
});

test("the screen has what a pipe gets, though a bar was there meanwhile", async () => {
  const args = [
    "compile",
    "specs/b0-eca.json",
    "--print-ir-after-all",
    "--weights",
    "efficientnet_b0.safetensors",
  ];
  const line = `ecagen ${args.join(" ")} --allow-missing '*'`;
  const cli = resolve("dist/cli.js");
  const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args, "--allow-missing", "*"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.match(stderr, "// after 1. swap-attention");
  for (const columns of WIDTHS) {
    const run = await inTerminal(line, { columns, cwd: folder });
    assert.match(run.printed, BAR);
    assert.is(run.lines.join("\n"), `${stderr}${stdout}`, `${columns} columns`);
    assertBarsFit(run, columns);
  }
});

test("long and wide names don't make a bar wrap", async () => {
  const name = `${"網路".repeat(30)}.onnx`;
  for (const columns of [...WIDTHS, 12, 3]) {
    const run = await inTerminal(`ecagen bench ${name} --processes 1 --runs 1 --profile`, {
      columns,
      cwd: withModelUnder(name),
    });
    assert.is(run.code, 0, run.lines.join("\n"));
    assertNoBarLeft(run, name);
    assertBarsFit(run, columns);
  }
});

test("a terminal that doesn't say its size, and one that can't do anything", async () => {
  const line = "ecagen compile specs/b0-se.json";
  const unsized = await inTerminal(line, { columns: 0, cwd: folder }).catch((error: unknown) => error);
  assert.not.instance(unsized, Error);
  assertBarsFit(unsized as TerminalRun, 80);
  const help = await inTerminal("ecagen --help", { columns: 0, cwd: folder });
  assert.match(help.printed, "Compile a spec to an ONNX file");
  const dumb = await inTerminal(line, { columns: 40, cwd: folder, env: { TERM: "dumb" } });
  assert.is(dumb.code, 0);
  assert.not.match(dumb.printed, BAR);
  assert.not.ok(dumb.printed.includes("\x1b["));
});

const VERIFY = `ecagen verify ${resolve("specs/b0-eca.json")}`;
/** The bar of a run that is well under way. */
const UNDER_WAY = /[█░] [1-9]\d* % initial weights/;

for (const [how, at, code] of [
  ["Ctrl-C", { type: "\x03" }, 130],
  ["SIGTERM", { kill: "SIGTERM" }, 143],
  ["SIGHUP", { kill: "SIGHUP" }, 129],
  ["SIGKILL", { kill: "SIGKILL" }, 137],
] as const) {
  test(`${how} in the middle of verify ends it, and leaves the terminal as it was`, async () => {
    const run = await inTerminal(VERIFY, { columns: 40, cwd: folder, at: { printed: UNDER_WAY, ...at } });
    assert.is(run.code, code);
    assertBarsFit(run, 40);
  });
}

test("Ctrl-C while ONNX Runtime runs ends its process too", async () => {
  const line = "ecagen bench out/b0-eca.onnx --runs 1000000";
  const at = { printed: /round 3/, type: "\x03" };
  const run = await inTerminal(line, { columns: 100, cwd: folder, at, env: { TMPDIR: folder } });
  assert.is(run.code, 130);
  assert.equal(processesOf(join(folder, "ecagen-run-")), []);
});

test("an error and a timeout in the middle leave the terminal as it was", async () => {
  const late = await inTerminal(`${VERIFY} --timeout 1`, { columns: 40, cwd: folder });
  assert.is(late.code, 1);
  assert.match(late.printed, BAR);
  assertNoBarLeft(late, "verify --timeout");
  assert.match(late.lines.join("\n"), "1 seconds");

  writeFileSync(join(folder, "cut.npy"), npy([1, 3, 32, 32]).subarray(0, 500));
  const failed = await inTerminal(
    "ecagen rewrite seresnet50.onnx --swap se=eca -o x.onnx --new-gates fit --calibrate cut.npy",
    { columns: 40, cwd: folder },
  );
  assert.is(failed.code, 2);
  assert.match(failed.printed, BAR);
  assertNoBarLeft(failed, "rewrite");
});

test("the packed package, installed elsewhere", async () => {
  const target = join(folder, "installed");
  const home = join(target, "node_modules");
  mkdirSync(join(home, "ecagen"), { recursive: true });
  const pack = spawnSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", target], {
    encoding: "utf8",
  });
  assert.is(pack.status, 0, pack.stderr);
  const archive = join(target, pack.stdout.trim());
  assert.is(
    spawnSync("tar", ["-xzf", archive, "-C", join(home, "ecagen"), "--strip-components=1"]).status,
    0,
  );
  for (const name of ["onnxruntime-node", "onnxruntime-common"])
    symlinkSync(resolve("node_modules", name), join(home, name));
  const root = join(home, "ecagen");
  for (const command of ["compile", "verify", "codegen --lang ts -o program"]) {
    const run = await inTerminal(`ecagen ${command} node_modules/ecagen/specs/small.json`, {
      columns: 40,
      cwd: target,
      root,
    });
    assert.is(run.code, 0, run.lines.join("\n"));
    assert.match(run.printed, BAR);
    assertNoBarLeft(run, command);
  }
});

test("the tests' screen finds what a bar could leave behind", () => {
  const screen = new Screen(10, 5);
  screen.write("\x1b7\x1b[1G0123456789abc\x1b[0K\x1b[1G\x1b[2K");
  assert.equal(screen.lines(), ["0123456789"]);
  for (const [text, ...what] of [
    ["\x1b[?7l\x1b[?7h"],
    ["\x1b[?7l", "?7l"],
    ["\x1b[?25l\x1b[31m", "?25l", "m"],
  ]) {
    const left = new Screen(10, 5);
    left.write(text ?? "");
    assert.equal(left.leftBehind(), what);
  }
  throwsError(() => screen.write("\x1b[?1049h"), Error, /the terminal got/);
  throwsError(() => screen.write("\x1b]0;title\x07"), Error, /the terminal got/);
});

test.run();

/** A drawing of the bar: from the first column on, and what was behind it is cleared. */
const DRAWN = new RegExp(`${ESC}\\[1G([^${ESC}]*)${ESC}\\[0K`, "g");

/** Asserts that each drawing of the bar leaves the last column free: a full line would wrap, and be left behind. */
function assertBarsFit({ printed }: TerminalRun, columns: number): void {
  const drawn = [...printed.matchAll(DRAWN)].map(([, bar = ""]) => bar);
  assert.ok(drawn.length > 0, printed);
  for (const bar of drawn) assert.ok(stringWidth(bar) < columns, `${bar} at ${columns} columns`);
}

/** A folder with the small model under a name. */
function withModelUnder(name: string): string {
  const home = join(folder, "named");
  mkdirSync(home, { recursive: true });
  copyFileSync(join(folder, "out/b0-eca.onnx"), join(home, name));
  return home;
}

/** A NumPy file of float32 zeros. */
function npy(shape: readonly number[]): Buffer {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${dict.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"),
    Buffer.from(header, "latin1"),
    Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1)),
  ]);
}
