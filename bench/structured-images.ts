import { randomStream } from "../src/base/random.js";
import { type CalibrationSource, givenCalibration } from "../src/given/calibration.js";
import type { Graph } from "../src/ir/graph.js";

/** Images [N, 3, side, side] that differ as photographs do; row-major float32. */
export interface Images {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * Images whose contrast (log-normal) and colour (normal, for each channel) vary from one to the other, over patches of 4×4
 * random places each. With plain noise every image has the same channel means, and a gate has nothing to go by.
 */
export function structuredImages(images: number, side: number, seed: number): Images {
  const dims = [images, 3, side, side];
  const data = new Float32Array(images * 3 * side * side);
  const patches = Math.ceil(side / 4);
  let next = 0;
  for (let image = 0; image < images; image++) {
    const stream = randomStream(seed, `structured image ${image}`);
    const contrast = Math.exp(0.7 * stream.normal());
    for (let channel = 0; channel < 3; channel++) {
      const colour = stream.normal();
      const patch = Array.from({ length: patches * patches }, () => stream.normal());
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const of = patch[Math.floor(y / 4) * patches + Math.floor(x / 4)] as number;
          data[next++] = colour + contrast * (of + 0.5 * stream.normal());
        }
      }
    }
  }
  return { dims, data };
}

/** What `--calibrate` says of a graph that says nothing of pictures. */
export function calibrationOf(calibrate: string, { inputs }: Graph): CalibrationSource {
  const source = givenCalibration({ calibrate }, { file: "the graph", inputs, says: () => undefined });
  if (source === undefined) throw new RangeError("there is a text, so there is a source");
  return source;
}

/**
 * An .npy file of float32 numbers, version 1.0.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyBytes({ dims, data }: Images): Uint8Array {
  const shape = `(${dims.join(", ")}${dims.length === 1 ? "," : ""})`;
  const words = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  // The numbers begin at a multiple of 64.
  const length = Math.ceil((10 + words.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10);
  header.write("\x93NUMPY\x01\x00", "latin1");
  header.writeUInt16LE(length, 8);
  const numbers = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([header, Buffer.from(`${words.padEnd(length - 1)}\n`, "latin1"), numbers]);
}
