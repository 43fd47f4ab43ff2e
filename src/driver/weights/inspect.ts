import type { Diagnostic } from "../../base/diagnostic.js";
import { openWeights } from "../../given/weights.js";
import { elementCount } from "../../ir/types.js";
import { hasNumbers } from "../../weights/formats/file-dtypes.js";
import {
  exactNumbers,
  roundedNames,
  type StoredTensor,
  type TensorFormat,
} from "../../weights/formats/tensor-source.js";
import { nonFiniteWarnings } from "../../weights/values/non-finite.js";
import { statisticsOf, type TensorStatistics } from "../../weights/values/statistics.js";

/** What `ecagen weights inspect --json` prints. */
export interface WeightsInventory {
  readonly file: string;
  readonly format: TensorFormat;
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly ListedTensor[];
  readonly total: { readonly tensors: number; readonly elements: number; readonly bytes: number };
  /** Tensors of float64, whose numbers a model would have in float32. */
  readonly rounded: readonly string[];
  /** What a reader should know of what was taken of the file. */
  readonly notes: readonly string[];
  /** Numbers that are NaN or infinite, where values were asked for. */
  readonly warnings: readonly Diagnostic[];
}

export interface ListedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Where values were asked for; null for a tensor without finite numbers, and for types that have none here. */
  readonly values?: TensorStatistics | null;
}

export interface InspectOptions {
  /** Reads the numbers too, for their statistics. Default: only names, types and sizes. */
  readonly values?: boolean | undefined;
  /** The key of a PyTorch checkpoint whose tensors are listed. */
  readonly weightsKey?: string | undefined;
}

/**
 * What is in a file or folder of weights.
 *
 * Errors: `InputError` for what can't be read, is of no known format, or is broken.
 */
export function inspectWeights(
  file: string,
  { values = false, weightsKey }: InspectOptions = {},
): WeightsInventory {
  const source = openWeights(file, weightsKey);
  try {
    const stored = [...source.tensors.values()];
    return {
      file,
      format: source.format,
      metadata: Object.fromEntries(source.metadata),
      tensors: stored.map((tensor) => inspectTensor(tensor, file, values)),
      total: {
        tensors: stored.length,
        elements: stored.reduce((sum, { dims }) => sum + elementCount(dims), 0),
        bytes: stored.reduce((sum, { byteLength }) => sum + byteLength, 0),
      },
      rounded: roundedNames(stored),
      notes: source.notes ?? [],
      warnings: nonFiniteWarnings([source]),
    };
  } finally {
    source.close();
  }
}

function inspectTensor(tensor: StoredTensor, file: string, values: boolean): ListedTensor {
  const { name, dtype, dims, byteLength } = tensor;
  const entry = { name, dtype, shape: dims, bytes: byteLength };
  if (!values) return entry;
  const found = hasNumbers(dtype) ? statisticsOf(exactNumbers(tensor, file)) : undefined;
  return { ...entry, values: found ?? null };
}
