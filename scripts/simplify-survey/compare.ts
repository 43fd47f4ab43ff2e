import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
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
  const of = async (path: string): Promise<Simplified> => ({
    nodes: nodesOf(path),
    moved: await movedBy(file, path, runtime),
  });
  return {
    ...{ name, before: nodesOf(file), ecagen: await of(own) },
    onnxsim: runOnnxsim(file, other) ? await of(other) : null,
  };
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
