import type { Runtime, Session } from "../../src/runtime/session.js";
import { fixedBatch, runModel } from "../../src/trials/outputs.js";

/** How far each output of a model is from that of another: max |Δ| by the output's name; infinite where one of two numbers is none. */
export type Movement = ReadonlyMap<string, number>;

/**
 * Runs two models in ONNX Runtime with the same random images, those that `verify` has for a seed, and compares their outputs number by number. It asks
 * nothing of the reference interpreter or of `verify`'s comparisons: it is what they are measured against.
 *
 * Errors: `InputError` for a model that ONNX Runtime refuses.
 */
export async function movement(
  runtime: Runtime,
  original: Uint8Array,
  changed: Uint8Array,
  { seeds, images }: { readonly seeds: readonly number[]; readonly images: number },
): Promise<readonly Movement[]> {
  const [first, second] = [await runtime.open(original), await runtime.open(changed)];
  try {
    const moved: Movement[] = [];
    for (const seed of seeds) moved.push(await moves(first, second, seed, images));
    return moved;
  } finally {
    await first.close();
    await second.close();
  }
}

async function moves(original: Session, changed: Session, seed: number, images: number): Promise<Movement> {
  const { inputs } = original;
  const batch = fixedBatch(original) ?? images;
  const before = await runModel(original, inputs, batch, seed);
  const after = await runModel(changed, inputs, batch, seed);
  return new Map([...before].map(([name, numbers]) => [name, farthest(numbers, after.get(name) ?? [])]));
}

function farthest(before: ArrayLike<number>, after: ArrayLike<number>): number {
  if (before.length !== after.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < before.length; i++) {
    if (Object.is(before[i], after[i])) continue;
    const far = Math.abs((before[i] as number) - (after[i] as number));
    if (!(far <= most)) most = Number.isFinite(far) ? far : Number.POSITIVE_INFINITY;
  }
  return most;
}
