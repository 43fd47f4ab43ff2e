/**
 * How near loading weights and writing the ONNX file comes to copying the same bytes, and how much memory it takes.
 * Whole commands, the start of Node.js included. Run after a build; part of `npm run bench`.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interleaved, peakMemory } from "./measure.js";

const cli = "dist/cli.js";
const folder = mkdtempSync(join(tmpdir(), "ecagen-bench-"));

/** Of the compile's median time to the copy's. B0 has 19 MB, so there the start of both weighs most. */
const RATIO_BOUNDS = { "b0-eca": 12, "b7-eca": 10 } as const;
const MEMORY_BOUND = 200;
const ROUNDS = 7;

try {
  let ok = true;
  const report = (what: string, value: string, bound: number, kept: boolean): void => {
    ok &&= kept;
    console.log(`${what}: ${value}  bound ${bound}: ${kept ? "ok" : "FAILED"}`);
  };
  for (const [name, bound] of Object.entries(RATIO_BOUNDS)) {
    const spec = `specs/${name}.json`;
    const [weights, model] = [join(folder, `${name}.safetensors`), join(folder, `${name}.onnx`)];
    peakMemory([cli, "compile", spec, "-o", model, "--export-weights", weights]);
    const compile = [cli, "compile", spec, "--weights", weights, "-o", model];
    const [copy, compiled] = interleaved(
      { copy: ["bench/copy-file.mjs", weights, join(folder, "copy")], compile },
      ROUNDS,
    );
    if (copy === undefined || compiled === undefined) continue;
    const size = (statSync(weights).size / 1e6).toFixed(0);
    const times = `${compiled.medianMs.toFixed(0)} ms, copying its ${size} MB ${copy.medianMs.toFixed(0)} ms`;
    const { ratio } = compiled;
    report(`compile ${name} --weights`, `${times}, ratio ${ratio.toFixed(1)}`, bound, ratio < bound);
    const peak = peakMemory(compile);
    report(
      `compile ${name} --weights`,
      `peak memory ${peak.toFixed(0)} MB`,
      MEMORY_BOUND,
      peak < MEMORY_BOUND,
    );
  }
  process.exitCode = ok ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
