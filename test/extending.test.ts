import { spawnSync } from "node:child_process";
import {
  cpSync,
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
 * The worked example of docs/extending.md: a copy of ecagen gets the page's files and registry lines, as a reader would
 * put them there. The copy compiles, its tables hold, and a network of the new gate verifies.
 */
const test = suite("docs: the worked example of an attention module");
let copy = "";
test.before(() => {
  copy = mkdtempSync(join(tmpdir(), "ecagen-extending-"));
  const shared = readdirSync("test")
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => `test/${name}`);
  for (const part of [
    "src",
    "test/ir",
    ...shared,
    "test/codegen/torch.ts",
    "test/python",
    "templates",
    "tsconfig.json",
    "package.json",
  ]) {
    cpSync(part, join(copy, part), { recursive: true });
  }
  // The process of ONNX Runtime is the built one.
  for (const part of ["node_modules", "dist"]) symlinkSync(resolve(part), join(copy, part), "dir");
});
test.after(() => rmSync(copy, { recursive: true, force: true }));

interface Part {
  readonly form: "ts" | "py" | "diff";
  readonly file: string;
  readonly text: string;
}

/** The page's code that says which file it belongs to, in order. */
function parts(): readonly Part[] {
  const page = readFileSync("docs/extending.md", "utf8");
  return [...page.matchAll(/^```(ts|py|diff) (\S+)\n(.*?)^```$/gms)].map(([, form, file, text]) => ({
    form: form as Part["form"],
    file: file ?? "",
    text: text ?? "",
  }));
}

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

function run(args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

const tsc = (): ReturnType<typeof run> =>
  run([resolve("node_modules/typescript/bin/tsc"), "-p", ".", "--noEmit"]);

test("with the module and its line alone, the compiler names the places that lack it", () => {
  for (const { form, file, text } of parts().slice(0, 2)) {
    const place = join(copy, file);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, form !== "diff" ? text : patched(readFileSync(place, "utf8"), text));
  }
  const { status, text } = tsc();
  assert.is.not(status, 0);
  for (const file of [
    "src/ir/attention/lowerings.ts",
    "src/ir/attention/stress-rules.ts",
    "src/codegen/pytorch/gates.ts",
    "test/ir/attention-tables.ts",
  ]) {
    assert.match(text, file);
  }
});

test("with all of the page it compiles, and a network of the new gate verifies", () => {
  for (const { form, file, text } of parts().slice(2)) {
    const place = join(copy, file);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, form !== "diff" ? text : patched(readFileSync(place, "utf8"), text));
  }
  const compiled = tsc();
  assert.is(compiled.status, 0, compiled.text);
  const tables = run(["--import", "tsx", "test/ir/ops.test.ts"]);
  assert.is(tables.status, 0, tables.text);
  assert.match(tables.text, "attention.srm");

  const network = {
    name: "srm",
    input: { channels: 3, height: 20, width: 14 },
    stem: { channels: 16 },
    attention: "srm",
    stages: [
      { block: "inverted-residual", repeat: 2, channels: 16, expansion: 3 },
      { block: "bottleneck", channels: 32, stride: 2 },
    ],
    head: { classes: 5 },
  };
  writeFileSync(join(copy, "srm.json"), JSON.stringify(network));
  const program = `
    const { verify } = await import("./src/driver/verify/verify.ts");
    const report = await verify("srm.json", { batches: [1, 3] });
    console.log(JSON.stringify({ ok: report.ok, gates: report.gates.effects.map(({ gate }) => gate) }));`;
  const verified = run(["--import", "tsx", "--input-type=module", "-e", program]);
  assert.is(verified.status, 0, verified.text);
  const gates = ["srm (48 × 2)", "srm (48 × 2)", "srm (32 × 2)"];
  assert.equal(JSON.parse(verified.text.trim().split("\n").at(-1) ?? ""), { ok: true, gates });
});

testWithTorch(test, "its class in PyTorch computes what the export does", () => {
  const program = `
    const { assertSame, checkTorch, prepareTorch } = await import("./test/codegen/torch.ts");
    const graph = await prepareTorch("torch", "srm.json");
    assertSame(checkTorch(["torch"])[0], graph, "srm");`;
  const compared = run(["--import", "tsx", "--input-type=module", "-e", program]);
  assert.is(compared.status, 0, compared.text);
});

test.run();
