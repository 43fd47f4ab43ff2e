import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession } from "onnxruntime-node";
import { InputError } from "../../src/base/diagnostic.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import type { Runtime } from "../../src/runtime/session.js";
import { movement } from "../verify-survey/movement.js";

/** What a program made of a file. */
export interface Simplified {
  /** The nodes of the file that it wrote, Constant nodes among them. */
  readonly nodes: number;
  /** How far the outputs are from those of the original in ONNX Runtime, max |Δ|; null where that could not be run. */
  readonly moved: number | null;
  /** The nodes that are left after ONNX Runtime's own optimizations; given where ecagen leaves more than onnxsim. */
  readonly optimized?: number;
}

/** One file, simplified by both. */
export interface ComparedFile {
  readonly name: string;
  readonly before: number;
  readonly ecagen: Simplified;
  /** Null where onnxsim refuses the file, or takes longer than `LONGEST`. */
  readonly onnxsim: Simplified | null;
}

/** Milliseconds that onnxsim may take for one file. */
const LONGEST = 600_000;

const SEEDS = [0];
const IMAGES = 2;

/** Simplifies a file with ecagen and with onnxsim. Errors: those of `rewrite`. */
export async function compareFile(
  file: string,
  name: string,
  folder: string,
  runtime: Runtime,
): Promise<ComparedFile> {
  const own = join(folder, `ecagen-${basename(file)}`);
  const other = join(folder, `onnxsim-${basename(file)}`);
  await rewrite(file, { output: own, passes: "simplify", verify: false, digest: false });
  const hasOther = runOnnxsim(file, other);
  const isWorse = hasOther && nodesOf(own) > nodesOf(other);
  const of = async (path: string): Promise<Simplified> => ({
    nodes: nodesOf(path),
    moved: await movedBy(file, path, runtime),
    ...(isWorse ? { optimized: await optimizedNodes(path, join(folder, "optimized.onnx")) } : {}),
  });
  return {
    ...{ name, before: nodesOf(file), ecagen: await of(own) },
    onnxsim: hasOther ? await of(other) : null,
  };
}

async function optimizedNodes(file: string, into: string): Promise<number> {
  const options = {
    optimizedModelFilePath: into,
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
  } as const;
  const session = await InferenceSession.create(file, options);
  await session.release();
  return nodesOf(into);
}

function runOnnxsim(input: string, output: string): boolean {
  const script = fileURLToPath(new URL("onnxsim.ts", import.meta.url));
  const args = ["--import", "tsx", script, input, output];
  return spawnSync(process.execPath, args, { stdio: "ignore", timeout: LONGEST }).status === 0;
}

function nodesOf(file: string): number {
  return ModelProto.decode(readFileSync(file)).graph?.node?.length ?? 0;
}

async function movedBy(original: string, changed: string, runtime: Runtime): Promise<number | null> {
  try {
    const options = { seeds: SEEDS, images: IMAGES };
    const moved = await movement(runtime, readFileSync(original), readFileSync(changed), options);
    return Math.max(...moved.flatMap((each) => [...each.values()]));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return null;
  }
}
