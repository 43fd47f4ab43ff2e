import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Packages that have ONNX Runtime: as a library of this platform, and as WebAssembly, which runs anywhere and more slowly. */
export type RuntimePackage = "onnxruntime-node" | "onnxruntime-web";

/**
 * The package that runs models here. Both are optional: npm leaves onnxruntime-node out where its install script fails, and it has no
 * library for every platform.
 */
export function installedRuntime(): RuntimePackage | undefined {
  const native = mainFile("onnxruntime-node");
  if (native !== undefined && hasBinding(native)) return "onnxruntime-node";
  return mainFile("onnxruntime-web") === undefined ? undefined : "onnxruntime-web";
}

const { resolve } = createRequire(import.meta.url);

function mainFile(name: RuntimePackage): string | undefined {
  try {
    return resolve(name);
  } catch {
    return undefined;
  }
}

/** Whether the package has a library for this platform, beside the folder of its main file. */
function hasBinding(main: string): boolean {
  return existsSync(join(dirname(dirname(main)), "bin", "napi-v6", process.platform, process.arch));
}

/** What adds a runtime. npm's own config keeps the install script from fetching NVIDIA's libraries, which many networks block. */
export const ADD_RUNTIME = "npm install onnxruntime-node --onnxruntime-node-install=skip";

/** What helps where models don't run on the processor. */
export const CPU_REMEDY = `${ADD_RUNTIME}; where it has no library for the platform, npm install onnxruntime-web`;
