import type * as ort from "onnxruntime-common";

/** What is used of onnxruntime-node or onnxruntime-web: either package, or a part of it, is one. */
export type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor">;

/** Where a network can run. */
export const DEVICES = ["cpu", "webgpu", "cuda", "tensorrt", "dml", "coreml"] as const;
export type Device = (typeof DEVICES)[number];

/** Where the model comes from: a path (in Node.js), a URL, or the bytes of the file. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer;

/** A runtime and what surrounds it. */
export interface Platform {
  readonly runtime: Runtime;
  /** What the runtime calls a device; nothing for one that it can't have. */
  readonly providers: Readonly<Partial<Record<Device, string>>>;
  /** What the runtime can load: the path of a file, or the bytes of one that had to be fetched. */
  locate(source: string | URL): Promise<string | Uint8Array>;
}

/** The devices that `auto` tries, the most specialised first. */
export const PREFERENCE = ["coreml", "cuda", "dml", "webgpu", "cpu"] as const satisfies readonly Device[];

/** The platform of a page, a worker, or any other place where `fetch` reads the model: onnxruntime-web. */
export function webPlatform(runtime: Runtime): Platform {
  return { runtime, providers: { cpu: "wasm", webgpu: "webgpu" }, locate: fetchBytes };
}

/** Reads a URL. Errors: `Error` for an answer that is none. */
export async function fetchBytes(url: string | URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`can't read ${url}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
