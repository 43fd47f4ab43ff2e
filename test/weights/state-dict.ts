import { readFileSync } from "node:fs";
import { writeSafetensors } from "../../src/files/tensors/write.js";
import { elementCount } from "../../src/ir/types.js";
import type { FileDType } from "../../src/weights/formats/file-dtypes.js";
import { fileByteCount } from "../../src/weights/formats/file-dtypes.js";

/** Names and shapes of a network of timm's. */
export function stateDict(name: string): Readonly<Record<string, readonly number[]>> {
  const text = readFileSync(`test/data/state-dicts/${name}.json`, "utf8");
  return (JSON.parse(text) as { tensors: Record<string, readonly number[]> }).tensors;
}

/** Is a step count, which PyTorch keeps as an integer. */
export function isStepCount(name: string): boolean {
  return name.endsWith(".num_batches_tracked");
}

/**
 * A safetensors file of given names and shapes. Its numbers are small, between 0.5 and 1, the same in every run, and
 * others in each tensor: none that is put in the place of another goes unseen.
 */
export async function writeStateDict(
  file: string,
  tensors: Readonly<Record<string, readonly number[]>>,
  dtype: FileDType = "F32",
): Promise<void> {
  await writeSafetensors(
    file,
    Object.entries(tensors).map(([name, dims], nth) => {
      const type = isStepCount(name) ? "I64" : dtype;
      return {
        name,
        dims,
        dtype: type,
        *pieces() {
          if (type === "I64") yield new Uint8Array(BigInt64Array.of(BigInt(nth)).buffer);
          else yield floats(elementCount(dims), nth, fileByteCount(dims, dtype) ?? 0);
        },
      };
    }),
    { metadata: new Map([["format", "pt"]]) },
  );
}

/**
 * As many numbers of a simple sequence that begins with the tensor's own. F16 and BF16 have the upper bytes of their
 * float32 form, which as F16 are numbers between 1.75 and 2.
 */
function floats(count: number, nth: number, bytes: number): Uint8Array {
  const values = new Float32Array(count);
  let bits = Math.imul(nth + 1, 0x9e3779b1) >>> 0;
  for (let i = 0; i < count; i++) {
    bits = (Math.imul(bits, 1664525) + 1013904223) >>> 0;
    values[i] = 0.5 + bits / 2 ** 33;
  }
  if (bytes === count * 8) return new Uint8Array(Float64Array.from(values, (each) => each + 1e-9).buffer);
  if (bytes === count * 4) return new Uint8Array(values.buffer);
  const halves = Uint16Array.from(new Uint32Array(values.buffer), (each) => each >>> 16);
  return new Uint8Array(halves.buffer);
}
