import { readFileSync } from "node:fs";

/** A little-endian float array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
export function readNpy(file: string): { dims: readonly number[]; data: Float64Array } {
  const bytes = readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  const dims = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  const { buffer } = Uint8Array.from(bytes.subarray(start));
  const data = header.includes("'<f8'")
    ? new Float64Array(buffer)
    : Float64Array.from(new Float32Array(buffer));
  return { dims, data };
}
