import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { InputError } from "../../src/base/diagnostic.js";
import { randomStream } from "../../src/base/random.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { compile } from "../../src/driver/compile/compile.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import type { Insertion } from "../../src/passes/insert/inserted.js";
import { runPython } from "../python.js";
import { type SurveyedNetwork, surveyedNetworks } from "./networks.js";
import { type SurveyRow, surveyPage } from "./page.js";

/**
 * Puts gates behind every layer and every block of networks, and says what that changes of their outputs, and whether the gates learn:
 *
 *     npm run insert-survey                    all, and writes docs/insert-survey.md
 *     npm run insert-survey -- mobilenet       networks of that name, printed alone
 *
 * It takes half an hour. With --folder DIR it keeps what it has, and goes on from there after a kill.
 */
const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: "string" } },
});

/** Kinds of gates; those that squeeze have 8 channels or more in between, so that narrow layers have some too. */
const KINDS = {
  ECA: "eca",
  SE: "{type=se,divisor=8,roundLimit=0}",
  CBAM: "{type=cbam,divisor=8,roundLimit=0}",
  "coordinate attention": "coord",
} as const;

const PLACES = ["after=layer", "position=post"];

interface Learning {
  readonly without_gradient: readonly string[];
  readonly unmoved: readonly string[];
  readonly parameters?: number;
}

async function surveyed(
  network: SurveyedNetwork,
  kind: keyof typeof KINDS,
  folder: string,
): Promise<SurveyRow> {
  const inserts = PLACES.map(() => KINDS[kind]);
  const [before, after] = [join(folder, "before.onnx"), join(folder, "after.onnx")];
  const { source, shape } = network;
  const flags = { inserts, at: PLACES };
  let inserted: readonly Insertion[] = [];
  let learning: Learning;
  if ("file" in source) {
    const inputShapes = [`${await inputName(source.file)}=${shape.join("x")}`];
    const report = await rewrite(source.file, {
      ...{ ...flags, output: after, verify: false },
      ...((await isOpen(source.file)) ? { inputShapes } : {}),
    });
    inserted = report.inserted ?? [];
    learning = await learnsInFile(after, network, folder);
  } else {
    const { spec, weights } = source;
    await compile(spec, { output: before, weights });
    ({ inserted = [] } = await compile(spec, { ...flags, output: after, weights }));
    learning = await learnsInModule(network, flags, folder);
  }
  const original = "file" in source ? source.file : before;
  const size = "file" in source ? shape : [shape[0] ?? 1, 3, 224, 224];
  return {
    ...{ network: network.title, kind, gates: inserted.length },
    folded: inserted.filter(({ scaleIn }) => scaleIn.length > 0).length,
    products: inserted.filter(({ reason }) => reason !== undefined).length,
    off: await distanceOf(original, after, { shape: size, pictures: network.pictures }, "all"),
    unfused: await distanceOf(original, after, { shape: size, pictures: network.pictures }, "disabled"),
    withoutGradient: learning.without_gradient.length,
    parameters: learning.parameters ?? 0,
    unmoved: learning.unmoved.length,
  };
}

async function inputName(file: string): Promise<string> {
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 });
  const [name = ""] = session.inputNames;
  await session.release();
  return name;
}

async function isOpen(file: string): Promise<boolean> {
  const session = await InferenceSession.create(file, { logSeverityLevel: 4 });
  const [input] = session.inputMetadata;
  await session.release();
  return input?.isTensor === true && input.shape.slice(2).some((size) => typeof size !== "number");
}

type Input = Pick<SurveyedNetwork, "shape" | "pictures">;

function valuesOf({ shape, pictures }: Input): Float32Array {
  const stream = randomStream(0, "insert-survey");
  return pictures ?? Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal());
}

/** The largest difference of the first outputs, as a part of the range of the first's. */
async function distanceOf(
  original: string,
  other: string,
  input: Input,
  graphOptimizationLevel: "all" | "disabled",
): Promise<number> {
  const x = valuesOf(input);
  const outputs: Float32Array[] = [];
  for (const file of [original, other]) {
    const session = await InferenceSession.create(file, { graphOptimizationLevel, logSeverityLevel: 4 });
    const results = await session.run({
      [session.inputNames[0] ?? ""]: new Tensor("float32", x, [...input.shape]),
    });
    outputs.push(results[session.outputNames[0] ?? ""]?.data as Float32Array);
    await session.release();
  }
  const [a = new Float32Array(), b = new Float32Array()] = outputs;
  const range = a.reduce((m, v) => Math.max(m, v)) - a.reduce((m, v) => Math.min(m, v));
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0) / range;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The file's nodes in PyTorch, with its initializers as parameters. */
async function learnsInFile(file: string, input: Input, folder: string): Promise<Learning> {
  const [cases, values] = [join(folder, "cases.json"), join(folder, "x.f32")];
  writeFileSync(values, valuesOf(input));
  writeFileSync(cases, JSON.stringify([{ file, shape: input.shape, values }]));
  const [line = ""] = runPython(script("./onnx_torch.py"), [cases]).stdout;
  return (JSON.parse(line) as readonly Learning[])[0] as Learning;
}

/** The module that codegen writes, with its weights. */
async function learnsInModule(
  { source, ...input }: SurveyedNetwork,
  flags: { readonly inserts: readonly string[]; readonly at: readonly string[] },
  folder: string,
): Promise<Learning> {
  if (!("spec" in source)) throw new RangeError("only a spec has a module");
  const output = join(folder, "module");
  rmSync(output, { recursive: true, force: true });
  await codegen(source.spec, { ...flags, language: "pytorch", output, weights: source.weights });
  writeFileSync(join(output, "x.f32"), valuesOf(input));
  writeFileSync(join(output, "shape.json"), JSON.stringify(input.shape));
  const [line = ""] = runPython(script("../../test/python/check_inserted.py"), [output]).stdout;
  return (JSON.parse(line) as readonly Learning[])[0] as Learning;
}

function openSize(error: unknown): undefined {
  const isOpen =
    error instanceof InputError && error.diagnostics.every(({ code }) => code === "rewrite/open-size");
  if (!isOpen) throw error;
  return undefined;
}

const folder = values.folder ?? mkdtempSync(join(tmpdir(), "ecagen-insert-survey-"));
mkdirSync(folder, { recursive: true });
const networks = await surveyedNetworks(folder);
const chosen = networks.filter(
  ({ title }) => wanted.length === 0 || wanted.some((each) => title.includes(each)),
);
const kept = join(folder, "rows.jsonl");
const known = existsSync(kept) ? readFileSync(kept, "utf8").trim().split("\n") : [];
const done = known.map((line) => JSON.parse(line) as SurveyRow);
const rows: SurveyRow[] = [];
/** Networks whose maps have no fixed size, and kinds of gates that need one. */
const refused: string[] = [];
for (const network of chosen) {
  for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    const before = done.find((row) => row.network === network.title && row.kind === kind);
    const row = before ?? (await surveyed(network, kind, folder).catch(openSize));
    if (row === undefined) {
      refused.push(`${kind} in ${network.title}`);
      continue;
    }
    console.log(JSON.stringify(row));
    if (before === undefined) appendFileSync(kept, `${JSON.stringify(row)}\n`);
    rows.push(row);
  }
}
if (wanted.length === 0) writeFileSync("docs/insert-survey.md", surveyPage(rows, refused));
if (values.folder === undefined) rmSync(folder, { recursive: true });
