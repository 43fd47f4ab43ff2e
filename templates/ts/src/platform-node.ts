import { fileURLToPath } from "node:url";
import { fetchBytes, type Platform, type Runtime } from "./platform.js";

/** The platform that `#platform` stands for in Node.js. */
export async function defaultPlatform(): Promise<Platform> {
  return nodePlatform(await import("onnxruntime-node"));
}

/** The platform of Node.js: onnxruntime-node, and files. */
export function nodePlatform(runtime: Runtime): Platform {
  return {
    runtime,
    providers: {
      cpu: "cpu",
      webgpu: "webgpu",
      cuda: "cuda",
      tensorrt: "tensorrt",
      dml: "dml",
      coreml: "coreml",
    },
    async locate(source) {
      const url =
        typeof source !== "string" ? source : /^(https?|file|data|blob):/i.test(source) && new URL(source);
      if (url === false) return source as string;
      return url.protocol === "file:" ? fileURLToPath(url) : fetchBytes(url);
    },
  };
}
