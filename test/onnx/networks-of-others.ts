import { readdirSync, readFileSync } from "node:fs";
import type { Tensor } from "../../src/ir/tensor.js";
import { readNpy } from "../weights/npy.js";

/** What the program that made a file says of it; see test/python/make_onnx_networks.py and make_onnx_graphs.py. */
export interface NetworkFacts {
  /** The kind that all gates are. */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The names of the modules that are the gates; null where the file's nodes say nothing of it. */
  readonly gates: readonly (string | null)[];
  readonly channels: readonly number[];
  readonly gateParameters: number;
  readonly parameters: number;
}

/** A network of someone else's with an input and the output that its framework computed. */
export interface NetworkOfOthers {
  readonly name: string;
  readonly file: string;
  readonly facts: NetworkFacts;
  readonly x: Tensor;
  readonly y: Tensor;
}

const FOLDER = new URL("../data/onnx/", import.meta.url).pathname;

/** The networks of test/data/onnx. */
export function networksOfOthers(): readonly NetworkOfOthers[] {
  const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".onnx") ? [file.slice(0, -5)] : []));
  return names.map((name) => ({
    name,
    file: `${FOLDER}${name}.onnx`,
    facts: JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")),
    x: readNpy(`${FOLDER}${name}.x.npy`),
    y: readNpy(`${FOLDER}${name}.y.npy`),
  }));
}
