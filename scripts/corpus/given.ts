import { join } from "node:path";
import { type Counted, differenceOf } from "./counted.js";
import type { CorpusFile } from "./files.js";
import {
  type DeclaredValue,
  type Description,
  type Numbers,
  type Oracle,
  OracleRefusal,
  type Sizes,
} from "./oracle.js";
import { type RuntimeAnswer, runtimeAnswer } from "./runtime.js";

/** What is known of a file without ecagen. */
export interface Given {
  readonly described: Description;
  readonly numbers: Numbers;
  /** ONNX Runtime's outputs for those numbers. */
  readonly reference: RuntimeAnswer;
  /** How ecagen's counts differ from those of oracle.py. */
  differenceOfCounts(counted: Counted): string | undefined;
}

/** How a count begins that a file leaves open, which ecagen says. */
export const UNKNOWN = "not counted";

/** The size that ecagen takes for an open height or width. */
const OPEN_SIDE = 224;

/** Asks python3-onnx and ONNX Runtime about a file. Errors: `OracleRefusal` for a file that python3-onnx can't read. */
export async function givenOf(file: CorpusFile, oracle: Oracle, folder: string): Promise<Given> {
  const declared = await oracle.describe(file.path);
  const sizes = sizesOf(declared.inputs);
  const { path, data = null, values } = file;
  const numbers = await oracle.numbers({ file: path, sizes, data, folder, values });
  const described = await oracle.describe(
    path,
    oneImage(declared.inputs),
    await shapesOf(file, declared, oracle, folder),
  );
  const reference =
    numbers.inputs === null
      ? { refused: "there are no numbers for its inputs" }
      : await runtimeAnswer(path, numbers.inputs);
  return { described, numbers, reference, differenceOfCounts: (counted) => difference(counted, described) };
}

function difference(counted: Counted, described: Description): string | undefined {
  const missing = (counted.uncounted ?? []).map(({ operator }) => operator);
  const unchecked = Object.keys(described.uncounted);
  const wrong =
    differenceOf("parameters", counted.parameters, described.parameters) ??
    differenceOf("buffers", counted.buffers, described.buffers);
  if (wrong !== undefined) return wrong;
  if (unchecked.length > 0) return `${UNKNOWN}, not by the check either: ${unchecked.join(", ")}`;
  if (missing.length > 0 && counted.macs <= described.macs) return `${UNKNOWN}: ${missing.join(", ")}`;
  return (
    differenceOf("macs", counted.macs, described.macs) ??
    differenceOf("productMacs", counted.productMacs ?? 0, described.products) ??
    differenceOf("uncounted", missing, unchecked)
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

/** The same for one image: the first size of the first input is its batch, in others too. */
function oneImage(inputs: Description["inputs"]): Sizes {
  const first = inputs.find(({ dims }) => (dims?.length ?? 0) > 1);
  const batch = first?.dims?.[first.batch];
  return Object.fromEntries(
    Object.entries(sizesOf(inputs)).map(([name, sizes]) => {
      const { dims, batch: axis = 0 } = inputs.find((each) => each.name === name) ?? {};
      const isBatch = sizes.length > 1 && dims?.[axis] === batch;
      return [name, isBatch ? sizes.with(axis, 1) : sizes];
    }),
  );
}

/** The sizes of values that shape inference leaves open, as ONNX Runtime has them in a run of one image. */
async function shapesOf(
  file: CorpusFile,
  declared: Description,
  oracle: Oracle,
  folder: string,
): Promise<Sizes> {
  const sizes = oneImage(declared.inputs);
  const inferred = await oracle.describe(file.path, sizes);
  if (Object.keys(inferred.uncounted).length === 0) return {};
  try {
    const exposed = join(folder, "exposed.onnx");
    await oracle.expose(file.path, exposed);
    const { inputs } = await oracle.numbers({
      file: exposed,
      sizes,
      data: null,
      folder,
      values: file.values,
    });
    const answer = inputs === null ? { refused: "" } : await runtimeAnswer(exposed, inputs);
    if ("refused" in answer) return {};
    return Object.fromEntries(Object.entries(answer.outputs).map(([name, { dims }]) => [name, dims]));
  } catch (error) {
    if (error instanceof OracleRefusal) return {};
    throw error;
  }
}
