import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import type { Counted } from "./counted.js";
import type { CorpusFile } from "./files.js";
import { differenceOf, type Finding, unchecked } from "./finding.js";
import { readNpy } from "./npy.js";
import {
  type DeclaredValue,
  type Description,
  type Multiplications,
  type Numbers,
  type Oracle,
  OracleRefusal,
  type Sizes,
} from "./oracle.js";
import { type RuntimeAnswer, runtimeAnswer } from "./runtime.js";

/** What is known of a file without ecagen; what not every command needs is asked for when one does. */
export interface Given {
  readonly described: Description;
  numbers(): Promise<Numbers>;
  /** ONNX Runtime's outputs for those numbers. */
  reference(): Promise<RuntimeAnswer>;
  multiplications(): Promise<Multiplications>;
}

/** The size that ecagen takes for an open height or width. */
const OPEN_SIDE = 224;

/** Asks python3-onnx and ONNX Runtime about a file. Errors: `OracleRefusal` for a file that python3-onnx can't read. */
export async function givenOf(file: CorpusFile, oracle: Oracle, folder: string): Promise<Given> {
  const { path, data = null, values, shapes, runShapes } = file;
  const described = await oracle.describe(path);
  const sizes = { ...sizesOf(described.inputs), ...shapes, ...runShapes };
  const numbers = once(() => oracle.numbers({ file: path, sizes, data, folder, values }));
  return {
    described,
    numbers,
    reference: once(async () => {
      const { inputs } = await numbers();
      return inputs === null
        ? { refused: "there are no numbers for its inputs" }
        : runtimeAnswer(path, inputs);
    }),
    multiplications: once(() => multiplicationsOf(file, described, oracle, folder)),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** How ecagen's counts differ from those of oracle.py. */
export async function differenceOfCounts(counted: Counted, given: Given): Promise<Finding | undefined> {
  const { described } = given;
  const wrong =
    differenceOf("parameters", counted.parameters, described.parameters) ??
    differenceOf("buffers", counted.buffers, described.buffers);
  if (wrong !== undefined) return wrong;
  const { macs, products, uncounted } = await given.multiplications();
  const missing = (counted.uncounted ?? []).map(({ operator }) => operator);
  const unknown = Object.keys(uncounted);
  if (missing.length > 0 && (unknown.length > 0 || counted.macs <= macs))
    return { status: "refused", why: `not counted: ${missing.join(", ")}` };
  if (unknown.length > 0) return unchecked(`the check does not count ${unknown.join(", ")}`);
  return (
    differenceOf("macs", counted.macs, macs) ??
    differenceOf("productMacs", counted.productMacs ?? 0, products) ??
    differenceOf("uncounted", missing, unknown)
  );
}

/** The sizes of inputs, the open ones set: a batch of one, and the height and width of pictures. Inputs with other open sizes are left out. */
function sizesOf(inputs: readonly DeclaredValue[]): Sizes {
  return Object.fromEntries(
    inputs.flatMap(({ name, dims }) => {
      const sized = dims?.map((dim, axis) =>
        typeof dim === "number" ? dim : axis === 0 ? 1 : dims.length === 4 ? OPEN_SIDE : undefined,
      );
      return sized?.every((size) => size !== undefined) ? [[name, sized]] : [];
    }),
  );
}

/** The same for one image: the first size of the first input is its batch, in others too, if it is open or the first output has it. */
function oneImage({ inputs, outputs: [output] }: Description): Sizes {
  const first = inputs.find(({ dims }) => (dims?.length ?? 0) > 1);
  const batch = first?.dims?.[first.batch];
  if (typeof batch === "number" && first?.batch === 0 && output?.dims?.[0] !== batch) return sizesOf(inputs);
  return Object.fromEntries(
    Object.entries(sizesOf(inputs)).map(([name, sizes]) => {
      const { dims, batch: axis = 0 } = inputs.find((each) => each.name === name) ?? {};
      const isBatch = sizes.length > 1 && dims?.[axis] === batch;
      return [name, isBatch ? sizes.with(axis, 1) : sizes];
    }),
  );
}

/** Counts at the sizes of one image; what shape inference leaves open has the sizes of a run of ONNX Runtime. */
async function multiplicationsOf(
  file: CorpusFile,
  described: Description,
  oracle: Oracle,
  folder: string,
): Promise<Multiplications> {
  const sizes = { ...oneImage(described), ...file.shapes };
  const inferred = await oracle.count(file.path, sizes);
  if (Object.keys(inferred.uncounted).length === 0) return inferred;
  const run = inferred.images > 1 ? { ...sizesOf(described.inputs), ...file.shapes } : sizes;
  return oracle.count(file.path, sizes, await shapesOf(file, run, oracle, folder));
}

/** The sizes of all values of a model in a run of ONNX Runtime, those in branches of Ifs too. */
async function shapesOf(file: CorpusFile, sizes: Sizes, oracle: Oracle, folder: string): Promise<Sizes> {
  try {
    const own = mkdtempSync(join(folder, "exposed-"));
    const { path, values } = file;
    const { inputs } = await oracle.numbers({ file: path, sizes, data: null, folder: own, values });
    const given = Object.entries(inputs ?? {}).map(([name, npy]) => [name, readNpy(npy)] as const);
    const tensors = inputs === null ? [] : await tensorsOf(path, Object.fromEntries(given), oracle, own);
    return withoutConflicts(tensors.map(([name, { dims }]) => [name, dims]));
  } catch (error) {
    if (error instanceof OracleRefusal) return {};
    throw error;
  }
}

type Feeds = Readonly<Record<string, Tensor>>;

/** The values of a model and of the branches in it, which are all run, on what is around them. One that doesn't run has none. */
async function tensorsOf(
  file: string,
  feeds: Feeds,
  oracle: Oracle,
  folder: string,
): Promise<readonly (readonly [name: string, tensor: Tensor])[]> {
  const own = mkdtempSync(join(folder, "run-"));
  const exposed = join(own, "exposed.onnx");
  await oracle.expose(file, exposed);
  const answer = await runtimeAnswer(exposed, feeds);
  if ("refused" in answer) return [];
  const known = { ...feeds, ...answer.outputs };
  const types = Object.entries(known).map(
    ([name, { type, dims }]) => [name, [elementNumber(type), dims]] as const,
  );
  const inner = [];
  for (const branch of await oracle.branches(file, Object.fromEntries(types), own))
    inner.push(...(await tensorsOf(branch, known, oracle, own)));
  return [...Object.entries(answer.outputs), ...inner];
}

/** ONNX's number of an element type of ONNX Runtime's. */
function elementNumber(type: Tensor["type"]): number {
  return [
    "",
    "float32",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "float64",
  ].indexOf(type);
}

/** The sizes by name, but of names that stand for several. */
function withoutConflicts(all: readonly (readonly [name: string, dims: readonly number[]])[]): Sizes {
  const sizes = new Map<string, readonly number[]>();
  const several = new Set<string>();
  for (const [name, dims] of all) {
    if ((sizes.get(name) ?? dims).join() !== dims.join()) several.add(name);
    sizes.set(name, dims);
  }
  return Object.fromEntries([...sizes].filter(([name]) => !several.has(name)));
}
