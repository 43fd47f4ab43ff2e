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

/** The output of `ecagen weights inspect --json`. */
export interface WeightsInventory {
  readonly file: string;
  readonly format: TensorFormat;
  /** The metadata of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly ListedTensor[];
  readonly total: { readonly tensors: number; readonly elements: number; readonly bytes: number };
  /** Tensors of float64, whose numbers a model would have in float32. */
  readonly rounded: readonly string[];
  /** Notes on how the file was read. */
  readonly notes: readonly string[];
  /** Numbers that are NaN or infinite, if values were requested. */
  readonly warnings: readonly Diagnostic[];
}

export interface ListedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** If values were requested; null for a tensor without finite numbers, and for types without number values in ecagen. */
  readonly values?: TensorStatistics | null;
}

export interface InspectOptions {
  /** Reads the numbers too, for their statistics. Default: only names, types and sizes. */
  readonly values?: boolean | undefined;
  /** The key of a PyTorch checkpoint whose tensors are listed. */
  readonly weightsKey?: string | undefined;
}

/**
 * Lists the tensors of a weight file or folder.
 *
 * Errors: `InputError` for a file that can't be read, has an unknown format, or is damaged.
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
