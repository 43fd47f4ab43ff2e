import { type Graph, type Parameter, parametersOf } from "../../ir/graph.js";
import { concreteDims, elementCount } from "../../ir/types.js";
import type { OutgoingTensor } from "../../weights/formats/tensor-source.js";
import type { TensorName } from "../../weights/names/name-parameters.js";
import { encodeElements, PIECE_ELEMENTS } from "../../weights/values/elements.js";
import { weightChunks } from "../../weights/values/materialize.js";
import { type FileTransaction, inTransaction } from "../atomic-file.js";
import { addSafetensors } from "./write.js";

/** A file of weights that was written. */
export interface ExportedWeights {
  readonly file: string;
  readonly bytes: number;
  readonly tensors: number;
}

interface ExportWeightsOptions {
  /** Names and sizes in the file, where they are not the parameters' own. */
  readonly names?: ReadonlyMap<Parameter, TensorName> | undefined;
  readonly onProgress?: ((part: number) => void) | undefined;
}

/**
 * Writes the parameters and running statistics of a network to a safetensors file, under their own names, or
 * those that are given, and as float32. They are made as they are written: memory does not grow with the network.
 *
 * Errors: `InputError` for a file that can't be written.
 */
export function exportWeights(
  file: string,
  graph: Graph,
  seed: number,
  options: ExportWeightsOptions = {},
): Promise<ExportedWeights> {
  return inTransaction((transaction) => addWeights(transaction, file, graph, seed, options));
}

/** `exportWeights` together with other files. */
export async function addWeights(
  transaction: FileTransaction,
  file: string,
  graph: Graph,
  seed: number,
  { names, onProgress }: ExportWeightsOptions,
): Promise<ExportedWeights> {
  // `fixed` parameters are constants of a lowering, no weights.
  const parameters = parametersOf(graph).filter(({ role }) => role !== "fixed");
  const { bytes } = await addSafetensors(
    transaction,
    file,
    parameters.map((parameter) => outgoing(parameter, names?.get(parameter) ?? ownName(parameter), seed)),
    { metadata: new Map([["format", "ecagen"]]), onProgress },
  );
  return { file, bytes, tensors: parameters.length };
}

function ownName({ name, type }: Parameter): TensorName {
  return { name, dims: concreteDims(type.dims) };
}

function outgoing({ data }: Parameter, { name, dims }: TensorName, seed: number): OutgoingTensor {
  return {
    name,
    dtype: "F32",
    dims,
    *pieces() {
      const scratch = new Float32Array(Math.min(PIECE_ELEMENTS, elementCount(dims)));
      for (const numbers of weightChunks(data, seed, PIECE_ELEMENTS)) {
        yield encodeElements(numbers, "float32", scratch);
      }
    },
  };
}
