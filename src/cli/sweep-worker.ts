/**
 * A thread that computes rows of a sweep, and what joins sweeps with the use cases that verify and time networks. Those are loaded when the
 * first variant asks for them.
 */
import { evaluate, type GivenVariant, type SweepTask, type VariantChecks } from "../driver/sweep/evaluate.js";
import type { SweepRow } from "../driver/sweep/row.js";

export function row(task: SweepTask): Promise<SweepRow> {
  return evaluate(task, checks);
}

const checks: VariantChecks = {
  async verify(variant) {
    const { verify } = await import("../driver/verify/verify.js");
    const { file, set, resolution, passes } = variant;
    const report =
      variant.kind === "spec"
        ? await verify(file, { changes: { set }, resolution, passes })
        : await verify(await written(variant), { resolution });
    const maxAbs = report.comparisons.reduce((most, each) => Math.max(most, each.maxAbs), 0);
    return { verdict: report.verdict, maxAbs };
  },
  async bench(variant) {
    const { bench } = await import("../driver/bench/bench.js");
    // A spec is compiled for its resolution; a file may leave it open.
    const resolution = variant.kind === "onnx" ? variant.resolution : undefined;
    const { models } = await bench([await written(variant)], { processes: 1, batches: [1], resolution });
    const [timed] = models;
    if (timed === undefined) throw new RangeError("nothing was timed");
    const { medianMs, minMs, p90Ms } = timed;
    return { medianMs, minMs, p90Ms };
  },
};

/** The variant as an ONNX file. */
async function written({ kind, file, set, resolution, passes, scratch }: GivenVariant): Promise<string> {
  if (kind === "spec") {
    const { compile } = await import("../driver/compile/compile.js");
    await compile(file, { changes: { set }, resolution, passes, output: scratch });
    return scratch;
  }
  if (passes === undefined) return file;
  const { rewrite } = await import("../driver/rewrite/rewrite.js");
  await rewrite(file, { passes, output: scratch, verify: false });
  return scratch;
}
