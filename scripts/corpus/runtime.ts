import { InferenceSession, type Tensor } from "onnxruntime-node";
import { readNpy } from "./npy.js";

/** ONNX Runtime's outputs of a file, by name, or why it has none. It is used directly here, and not as ecagen uses it. */
export type RuntimeAnswer =
  | { readonly outputs: Readonly<Record<string, Tensor>> }
  | { readonly refused: string };

/** @param inputs tensors, or files of them, by name */
export async function runtimeAnswer(
  file: string,
  inputs: Readonly<Record<string, string | Tensor>>,
): Promise<RuntimeAnswer> {
  try {
    // As many threads as ONNX Runtime chooses: with another number of them it adds in another order.
    const options = { logSeverityLevel: 4 as const, extra: { session: { force_spinning_stop: "1" } } };
    const session = await InferenceSession.create(file, options);
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => {
        const given = inputs[name] ?? "";
        return [name, typeof given === "string" ? readNpy(given) : given];
      }),
    );
    const outputs = await session.run(feeds);
    await session.release();
    return { outputs };
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { refused: line };
  }
}

/** The numbers of a tensor. */
export function numbersOf({ data, type }: Tensor): Float64Array {
  if (type === "float16") return Float64Array.from(data as Uint16Array, halfOf);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

function halfOf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** How far two tensors are apart, in parts of the largest number of the first; undefined where their types or sizes differ. */
export function apart(a: Tensor, b: Tensor): number | undefined {
  if (a.type !== b.type || a.dims.join() !== b.dims.join()) return undefined;
  const [left, right] = [numbersOf(a), numbersOf(b)];
  let [most, largest] = [0, 0];
  for (const [i, x] of left.entries()) {
    const y = right[i] ?? Number.NaN;
    if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
    if (x === y || Object.is(x, y)) continue;
    most = Math.max(most, Number.isFinite(x - y) ? Math.abs(x - y) : Number.POSITIVE_INFINITY);
  }
  return most === 0 ? 0 : most / largest;
}
