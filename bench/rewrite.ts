/**
 * How near importing and exporting a file of 350 MB comes to copying its bytes, how much memory it takes, and how time
 * grows with the number of nodes. Whole commands, the start of Node.js included. Run after a build; part of
 * `npm run bench`.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatedChain } from "./gated-chain.js";
import { interleaved, peakMemory } from "./measure.js";

const cli = "dist/cli.js";
const folder = mkdtempSync(join(tmpdir(), "ecagen-bench-"));

/** EfficientNet-B8: the medians of rewriting and copying. */
const RATIO_BOUND = 4;
const MEMORY_BOUND = 250;
/** Time per node of a network of ten times as many nodes. */
const GROWTH_BOUND = 2;
const NODES = 10_000;
const ROUNDS = 5;
const CHAIN_ROUNDS = 3;

try {
  let ok = true;
  const report = (what: string, value: string, bound: number, kept: boolean): void => {
    ok &&= kept;
    console.log(`${what}: ${value}  bound ${bound}: ${kept ? "ok" : "FAILED"}`);
  };

  const model = join(folder, "b8.onnx");
  peakMemory([cli, "compile", "specs/b8-se.json", "-o", model]);
  const size = (statSync(model).size / 1e6).toFixed(0);
  const again = [cli, "rewrite", model, "-o", join(folder, "again.onnx")];
  const swap = [cli, "rewrite", model, "--swap", "se=eca", "--no-verify", "-o", join(folder, "eca.onnx")];
  const copy = ["bench/copy-file.mjs", model, join(folder, "copy")];
  const [copied, ...rewritten] = interleaved(
    { copy, "rewrite without passes": again, "rewrite --swap se=eca": swap },
    ROUNDS,
  );
  for (const { name, medianMs, ratio } of rewritten) {
    const times = `${medianMs.toFixed(0)} ms, copying its ${size} MB ${copied?.medianMs.toFixed(0)} ms`;
    report(name, `${times}, ratio ${ratio.toFixed(1)}`, RATIO_BOUND, ratio < RATIO_BOUND);
  }
  const peak = peakMemory(swap);
  report("rewrite --swap se=eca", `peak memory ${peak.toFixed(0)} MB`, MEMORY_BOUND, peak < MEMORY_BOUND);

  const chains = Object.fromEntries(
    [NODES, 10 * NODES].map((nodes) => {
      const file = join(folder, `${nodes}.onnx`);
      writeFileSync(file, gatedChain(nodes));
      return [
        `${nodes} nodes`,
        [cli, "rewrite", file, "--swap", "se=eca", "--no-verify", "-o", join(folder, "chain.onnx")],
      ];
    }),
  );
  const [start, few, many] = interleaved({ start: [cli, "rewrite", "--help"], ...chains }, CHAIN_ROUNDS);
  if (start !== undefined && few !== undefined && many !== undefined) {
    const growth = (many.medianMs - start.medianMs) / (few.medianMs - start.medianMs) / 10;
    const times = `${few.medianMs.toFixed(0)} ms for ${few.name}, ${many.medianMs.toFixed(0)} ms for ${many.name}`;
    report(
      "rewrite --swap se=eca",
      `${times}, per node ${growth.toFixed(2)} times`,
      GROWTH_BOUND,
      growth < GROWTH_BOUND,
    );
  }
  process.exitCode = ok ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
