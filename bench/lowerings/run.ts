/**
 * Measures what ONNX Runtime's CPU provider runs around gates, and fits the constants of the cost model to it:
 *
 *   npm run bench:lowerings              prints them, and how well they predict
 *   npm run bench:lowerings -- --write   writes src/passes/specialize/measured.ts
 *
 * Each network is compiled in each form of its gates, run with ONNX Runtime's profiler, and its kernels are sorted into the classes of
 * src/passes/specialize/costs.ts. Run it on a quiet machine.
 */
import { writeFileSync } from "node:fs";
import { specNetwork } from "../../src/given/spec-file.js";
import { encode, forBatch } from "../../src/networks/export.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { invocationOf } from "../../src/passes/engine/pipeline.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { KERNELS, type KernelCost, type KernelName } from "../../src/passes/specialize/costs.js";
import { STRATEGY_NAMES, type StrategyName } from "../../src/passes/specialize/plan.js";
import { fitLine, type Sample, sampleOf } from "./fit.js";
import { profile } from "./profile.js";

const NETWORKS = ["b0-eca", "b0-se", "mobilenetv3-large-100", "resnet50-eca"];
const ROUNDS = 3;
const RUNS = 15;
const SEVERAL = 2;

function compiled(
  spec: string,
  strategy: StrategyName,
): { readonly model: Uint8Array; readonly dims: number[] } {
  const options = { batch: 1, target: "cpu" } as const;
  const network = specNetwork(`specs/${spec}.json`);
  const graph = forBatch(network.graph, options);
  const pipeline = exportPipeline(options).map((each) =>
    each.pass === "specialize-gates" ? invocationOf("specialize-gates", { strategy }) : each,
  );
  const lowered = runPasses(graph, pipeline).graph;
  const model = modelBytes(encode(network, lowered, { ...options, version: "bench" }), { seed: 0 });
  return { model, dims: (graph.inputs[0]?.type.dims ?? []).map(Number) };
}

async function samplesOf(threads: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  // Rounds, so that a while in which the machine is busy is not one network's or form's alone.
  for (let round = 0; round < ROUNDS; round++)
    for (const spec of NETWORKS)
      for (const strategy of STRATEGY_NAMES) {
        const { model, dims } = compiled(spec, strategy);
        const times = await profile(model, { threads, runs: RUNS, dims });
        samples.push(...times.flatMap((time) => sampleOf(time) ?? []));
      }
  return samples;
}

type Costs = Readonly<Record<KernelName, KernelCost>>;

function costsOf(samples: readonly Sample[]): Costs {
  const names = Object.keys(KERNELS) as KernelName[];
  const entries = names.map((name) => [name, fitLine(samples.filter(({ kernel }) => kernel === name))]);
  return Object.fromEntries(entries) as Costs;
}

function text(name: string, costs: Costs): string {
  const lines = Object.entries(costs).map(
    ([kernel, { start, each }]) =>
      `  ${/-/.test(kernel) ? `"${kernel}"` : kernel}: { start: ${start}, each: ${each} },`,
  );
  return `const ${name} = {\n${lines.join("\n")}\n};\n`;
}

const [one, several] = [costsOf(await samplesOf(1)), costsOf(await samplesOf(SEVERAL))];
const module = `// Made by \`npm run bench:lowerings -- --write\`. Do not edit.

${text("one", one)}
${text("several", several)}
/** By the number of threads: one, and several, measured with ${SEVERAL}. */
export const MEASURED = { one, several } as const;
`;
console.log(module);
if (process.argv.includes("--write")) writeFileSync("src/passes/specialize/measured.ts", module);
