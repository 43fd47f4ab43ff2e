import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWithTorch } from "./codegen/torch.js";

/**
 * The worked examples of docs/extending.md: a copy of ecagen gets the page's files and lines, as a reader would put them there. The copy
 * passes the linter and the compiler, and the suites of the rooms concerned. A step that is left out makes one of them fail:
 * `ECAGEN_DROP_STEPS=1` leaves out each in turn, which takes some seconds a step.
 */
const test = suite("docs: worked examples");

interface Part {
  readonly form: "ts" | "py" | "diff";
  readonly file: string;
  readonly text: string;
}

interface Example {
  /** The heading of the section that it stands in: `An op`. */
  readonly title: string;
  readonly parts: readonly Part[];
}

/** What is run on the copy for an example, beside the tests that it adds itself. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  "An op": ["test/ir/ops.test.ts", "test/onnx/round-trip.test.ts", "test/onnx/runtime-agreement.test.ts"],
  "An attention module": ["test/ir/ops.test.ts"],
  "A pass": ["test/passes/registry.test.ts"],
  "A block": ["test/language/rules/registry.test.ts"],
};

/**
 * For each example, how many of its first parts leave a copy that the compiler refuses, and the files that it names then: where
 * more has to be written.
 */
const NAMED_BY_THE_COMPILER: Readonly<Record<string, { first: number; files: readonly string[] }>> = {
  "An op": { first: 1, files: ["test/ir/ops.test.ts", "test/onnx/cases.ts"] },
  "An attention module": {
    first: 2,
    files: [
      "src/ir/attention/implementations.ts",
      "src/codegen/pytorch/gates.ts",
      "test/ir/attention-tables.ts",
    ],
  },
  "A block": {
    first: 2,
    files: [
      "src/networks/blocks/registry.ts",
      "src/codegen/pytorch/blocks.ts",
      "src/codegen/user-templates/blocks.ts",
    ],
  },
};

/** The page's sections with a worked example: its code that says which file it belongs to, in order. */
const examples: readonly Example[] = readFileSync("docs/extending.md", "utf8")
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const [, worked] = section.split(/^### A worked example.*$/m);
    const parts = [...(worked ?? "").matchAll(/^```(ts|py|diff) (\S+)\n(.*?)^```$/gms)];
    if (worked === undefined) return [];
    return {
      title: section.slice(0, section.indexOf("\n")),
      parts: parts.map(([, form, file, text]) => ({
        form: form as Part["form"],
        file: file ?? "",
        text: text ?? "",
      })),
    };
  });

let copy = "";
test.before(() => {
  copy = mkdtempSync(join(tmpdir(), "ecagen-extending-"));
  for (const part of ["src", "scripts", "bench", "templates", "tsconfig.json", "biome.json", "package.json"])
    cpSync(part, join(copy, part), { recursive: true });
  mkdirSync(join(copy, "test"));
  for (const part of readdirSync("test"))
    if (part !== "data") cpSync(join("test", part), join(copy, "test", part), { recursive: true });
  // The process of ONNX Runtime is the built one.
  for (const part of ["node_modules", "dist", "specs", "test/data"])
    symlinkSync(resolve(part), join(copy, part), "dir");
});
test.after(() => rmSync(copy, { recursive: true, force: true }));

/** Puts lines with a plus after the line before them that has none, or at the file's start. */
function patched(source: string, diff: string): string {
  const lines = source.split("\n");
  let at = 0;
  for (const line of diff.trimEnd().split("\n")) {
    if (line.startsWith("+")) {
      lines.splice(at++, 0, line.slice(1));
    } else {
      const found = lines.indexOf(line.slice(1), at);
      assert.ok(found >= 0, `no line ${line}`);
      at = found + 1;
    }
  }
  return lines.join("\n");
}

/** Puts parts into the copy. */
function apply(parts: readonly Part[]): void {
  for (const { form, file, text } of parts) {
    const path = join(copy, file);
    const isNew = !existsSync(path);
    assert.is(isNew, form !== "diff", isNew ? `${file} is not there` : `${file} is there already`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, isNew ? text : patched(readFileSync(path, "utf8"), text));
  }
}

/** The copy as it was: what parts changed is as in this tree, what they added is gone. */
function restore(parts: readonly Part[]): void {
  for (const { file } of parts) {
    if (existsSync(file)) cpSync(file, join(copy, file));
    else rmSync(join(copy, file), { force: true });
  }
}

interface Ran {
  readonly ok: boolean;
  readonly text: string;
}

function run(args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  return { ok: status === 0, text: stdout + stderr };
}

const compile = (): Ran => run([resolve("node_modules/typescript/bin/tsc"), "-p", ".", "--noEmit"]);

function lint(parts: readonly Part[]): Ran {
  const files = parts.map(({ file }) => file).filter((file) => file.endsWith(".ts"));
  return run([resolve("node_modules/@biomejs/biome/bin/biome"), "check", ...new Set(files)]);
}

const suitesOf = ({ title, parts }: Example): readonly string[] => [
  ...(SUITES[title] ?? []),
  ...parts.map(({ file }) => file).filter((file) => file.endsWith(".test.ts")),
];

const runSuite = (file: string): Ran => run(["--import", "tsx", file]);

/** The first of linter, compiler and suites that does not accept the copy. */
function check(chosen: readonly Example[]): Ran {
  const parts = chosen.flatMap((each) => each.parts).filter(({ file }) => existsSync(join(copy, file)));
  const steps = [
    () => lint(parts),
    compile,
    ...[...new Set(chosen.flatMap(suitesOf))].map((file) => () => runSuite(file)),
  ];
  for (const step of steps) {
    const ran = step();
    if (!ran.ok) return ran;
  }
  return { ok: true, text: "" };
}

const all = examples.flatMap(({ parts }) => parts);

test("every example has its suites", () => {
  assert.ok(examples.length > 0);
  for (const { title, parts } of examples) {
    assert.ok(Object.hasOwn(SUITES, title), title);
    assert.ok(parts.length > 1, title);
  }
});

test("after the first steps of each example the compiler names the files that lack the others", () => {
  const first = examples.flatMap(({ title, parts }) =>
    parts.slice(0, NAMED_BY_THE_COMPILER[title]?.first ?? 0),
  );
  apply(first);
  const { ok, text } = compile();
  restore(first);
  assert.is(ok, false);
  for (const file of Object.values(NAMED_BY_THE_COMPILER).flatMap(({ files }) => files))
    assert.match(text, file);
});

test("with all of the page linter, compiler and suites accept the copy", () => {
  apply(all);
  const { ok, text } = check(examples);
  assert.ok(ok, text);
});

test("a network of the new gate and the new block verifies", () => {
  const network = {
    name: "srm",
    input: { channels: 3, height: 20, width: 14 },
    stem: { channels: 16 },
    attention: "srm",
    stages: [
      { block: "inverted-residual", repeat: 2, channels: 16, expansion: 3 },
      { block: "bottleneck", channels: 32, stride: 2 },
      { block: "sandglass", channels: 32 },
    ],
    head: { classes: 5 },
  };
  writeFileSync(join(copy, "srm.json"), JSON.stringify(network));
  const program = `
    const { verify } = await import("./src/driver/verify/verify.ts");
    const report = await verify("srm.json", { batches: [1, 3] });
    console.log(JSON.stringify({ ok: report.ok, gates: report.gates.effects.map(({ gate }) => gate) }));`;
  const verified = run(["--import", "tsx", "--input-type=module", "-e", program]);
  assert.ok(verified.ok, verified.text);
  const gates = ["srm (48 × 2)", "srm (48 × 2)", "srm (32 × 2)", "srm (32 × 2)"];
  assert.equal(JSON.parse(verified.text.trim().split("\n").at(-1) ?? ""), { ok: true, gates });
});

testWithTorch(test, "their classes in PyTorch compute what the export does", () => {
  const program = `
    const { assertSame, checkTorch, prepareTorch } = await import("./test/codegen/torch.ts");
    const graph = await prepareTorch("torch", "srm.json");
    assertSame(checkTorch(["torch"])[0], graph, "srm");`;
  const compared = run(["--import", "tsx", "--input-type=module", "-e", program]);
  assert.ok(compared.ok, compared.text);
});

/** What no check of the copy asks for: what is said of the step is compared with PyTorch, above. */
const ONLY_WITH_TORCH = /\.py$/;

if (process.env.ECAGEN_DROP_STEPS === "1") {
  for (const example of examples) {
    for (const [i, dropped] of example.parts.entries()) {
      if (ONLY_WITH_TORCH.test(dropped.file)) continue;
      test(`${example.title}: without ${dropped.form} ${dropped.file} the copy is refused`, () => {
        restore(all);
        apply(example.parts.filter((_, j) => j !== i));
        const { ok } = check([example]);
        assert.is(ok, false);
      });
    }
  }
}

test.run();
