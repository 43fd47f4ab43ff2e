import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { quoteName } from "../../base/visible-text.js";
import { RandomAccessFile } from "../../files/random-access-file.js";
import { refuse, TypeRefusal } from "../../ir/types.js";
import { LatestBytes } from "../../weights/formats/latest.js";
import type { StoredTensor, TensorSource } from "../../weights/formats/tensor-source.js";
import { recordExternalFiles } from "./external-locations.js";
import { FIELD } from "./proto.js";
import { type OpenModel, readInitializer, storedInitializer } from "./stored-initializer.js";
import { WireProblem, WireReader } from "./wire.js";

const MOST_PROBLEMS = 20;

/**
 * The initializers of an ONNX file as a source of tensors, those with external data too. The file is walked over,
 * not held: data is read by slices.
 *
 * Errors: `InputError` for a file that is no model, and with every initializer that can't be read.
 */
export function openInitializers(path: string): TensorSource {
  const file = RandomAccessFile.open(path);
  const others = new Map<string, RandomAccessFile>();
  const open = (other: string): RandomAccessFile => {
    const opened = others.get(other) ?? RandomAccessFile.open(other);
    others.set(other, opened);
    return opened;
  };
  const close = (): void => {
    for (const each of [file, ...others.values()]) each.close();
  };
  try {
    recordExternalFiles(file, path);
    const model = { path, range: file, wire: new WireReader(file), open, latest: new LatestBytes() };
    return { file: path, format: "onnx", tensors: readInitializers(model), metadata: new Map(), close };
  } catch (error) {
    close();
    if (!(error instanceof WireProblem)) throw error;
    throw InputError.of("onnx/no-model", `${path} is no ONNX model: ${error.message}`, { file: path });
  }
}

function readInitializers(model: OpenModel): ReadonlyMap<string, StoredTensor> {
  const { path, range, wire } = model;
  const graphs = [...wire.fields(0, range.size)].filter(({ number }) => number === FIELD.modelGraph);
  const [graph] = graphs;
  if (graph === undefined || graphs.length > 1) throw new WireProblem(`it has ${graphs.length} graphs`);
  const tensors = new Map<string, StoredTensor>();
  const problems: string[] = [];
  let place = 0;
  for (const field of wire.fields(graph.start, graph.end)) {
    if (field.number !== FIELD.graphInitializer) continue;
    let called = `initializer ${place++}`;
    try {
      const initializer = readInitializer(wire, field);
      if (initializer.tensor.name) called = quoteName(initializer.tensor.name);
      const tensor = storedInitializer(model, initializer);
      if (tensors.has(tensor.name)) refuse("there are two of that name");
      tensors.set(tensor.name, tensor);
    } catch (error) {
      if (!(error instanceof TypeRefusal)) throw error;
      problems.push(`${called}: ${error.message}`);
    }
  }
  if (problems.length === 0) return tensors;
  throw new InputError(
    problems.slice(0, MOST_PROBLEMS).map(
      (problem): Diagnostic => ({
        code: "onnx/initializer",
        message: `${path}: ${problem}`,
        file: path,
      }),
    ),
  );
}
