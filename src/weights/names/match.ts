import type { Parameter } from "../../ir/graph.js";
import { concreteDims, sameDims } from "../../ir/types.js";
import type { FileDType } from "../formats/file-dtypes.js";
import type { StoredTensor, TensorSource } from "../formats/tensor-source.js";
import type { NameMap, Naming } from "./name-map.js";
import type { NetworkParts, TensorName } from "./name-parameters.js";

/** A network's parameters compared with a file's tensors, under the names of a framework. */
export interface Match {
  readonly map: NameMap;
  readonly naming: Naming;
  readonly names: ReadonlyMap<Parameter, TensorName>;
  /** The parameters that the file has, each with its tensor. */
  readonly found: ReadonlyMap<Parameter, StoredTensor>;
  /** Parameters whose name the file has, in another shape, or as something else than floating-point numbers. */
  readonly misfits: ReadonlyMap<Parameter, StoredTensor>;
  /** Parameters that the file lacks, or that the framework has no name for. */
  readonly missing: readonly Parameter[];
  /** Tensors that the network does not have. */
  readonly leftOver: readonly StoredTensor[];
}

/**
 * The last word of BatchNorm's step count, which PyTorch needs in training only. Those of layers that a network has go
 * along in a conversion; else they are left aside.
 */
export const STEP_COUNT = "num_batches_tracked";

/** The name of the step count beside a running mean; undefined beside anything else. */
export function stepCountBeside(name: string): string | undefined {
  const [, layer, leaf] = /^(.*?)([^.]*)$/.exec(name) ?? [];
  return leaf === "running_mean" ? `${layer}${STEP_COUNT}` : undefined;
}

export function matchNames(
  { parameters }: NetworkParts,
  map: NameMap,
  naming: Naming,
  names: ReadonlyMap<Parameter, TensorName>,
  tensors: ReadonlyMap<string, StoredTensor>,
): Match {
  const found = new Map<Parameter, StoredTensor>();
  const misfits = new Map<Parameter, StoredTensor>();
  const missing: Parameter[] = [];
  const used = new Set<StoredTensor>();
  for (const parameter of parameters) {
    const name = names.get(parameter)?.name;
    const tensor = name === undefined ? undefined : tensors.get(name);
    if (tensor === undefined) {
      missing.push(parameter);
      continue;
    }
    used.add(tensor);
    const fits = isFloating(tensor.dtype) && sameNumbers(tensor.dims, concreteDims(parameter.type.dims));
    (fits ? found : misfits).set(parameter, tensor);
  }
  const leftOver = [...tensors]
    .filter(([name, tensor]) => !used.has(tensor) && !name.endsWith(`.${STEP_COUNT}`))
    .map(([, tensor]) => tensor);
  return { map, naming, names, found, misfits, missing, leftOver };
}

/**
 * Whether the numbers of one shape are those of the other, in the same order: all sizes but those of one are equal. So
 * a fully connected layer is a 1×1 convolution, and a vector is a kernel.
 */
function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  const large = (dims: readonly number[]): readonly number[] => dims.filter((dim) => dim !== 1);
  return sameDims(large(a), large(b));
}

const FLOATING: readonly FileDType[] = ["F16", "BF16", "F32", "F64"];

/** Whether the elements are numbers that a weight can be: quantised ones mean something else. */
export function isFloating(dtype: FileDType): boolean {
  return FLOATING.includes(dtype);
}

/** How well a match explains both sides: what is found, less what is not. */
export function scoreOf({ found, misfits, missing, leftOver }: Match): number {
  return found.size - misfits.size - missing.length - leftOver.length;
}

/** What helps where an ONNX file lacks the statistics of its normalisations; undefined for any other file. */
export function foldedHint({ format, tensors }: TensorSource): string | undefined {
  if (format !== "onnx" || [...tensors.keys()].some((name) => name.endsWith(".running_mean")))
    return undefined;
  return "its batch normalisations are folded into the convolutions; a file compiled with --keep-bn has them";
}
