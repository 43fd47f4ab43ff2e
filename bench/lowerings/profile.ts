import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import * as z from "zod";

/** One node of the graph that ONNX Runtime made of a model: its median time over all runs. */
export interface NodeTime {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly microseconds: number;
}

const shapes = z.array(z.record(z.string(), z.array(z.number()))).default([]);
const events = z.array(
  z.looseObject({
    ...{ cat: z.string(), name: z.string(), dur: z.number() },
    args: z.looseObject({
      op_name: z.string().optional(),
      input_type_shape: shapes.optional(),
      output_type_shape: shapes.optional(),
    }),
  }),
);

/** Runs a model on the CPU, and gives the time of each of its nodes in the order of execution. */
export async function profile(
  model: Uint8Array,
  {
    threads,
    runs,
    dims,
  }: { readonly threads: number; readonly runs: number; readonly dims: readonly number[] },
): Promise<readonly NodeTime[]> {
  const folder = mkdtempSync(join(tmpdir(), "ecagen-profile-"));
  try {
    const session = await InferenceSession.create(model, {
      ...{ executionProviders: ["cpu"], intraOpNumThreads: threads, interOpNumThreads: 1 },
      ...{ enableProfiling: true, profileFilePrefix: join(folder, "run") },
    });
    const length = dims.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, (_, i) => 1.5 * Math.sin(12.9898 * i));
    const feeds = { [session.inputNames[0] ?? ""]: new Tensor("float32", data, [...dims]) };
    for (let run = 0; run < runs; run++) await session.run(feeds);
    session.endProfiling();
    const [file = ""] = readdirSync(folder);
    return timesOf(events.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timesOf(found: z.output<typeof events>): readonly NodeTime[] {
  const times = new Map<string, { readonly first: (typeof found)[number]; readonly all: number[] }>();
  for (const event of found) {
    if (event.cat !== "Node" || !event.name.endsWith("_kernel_time")) continue;
    const known = times.get(event.name) ?? { first: event, all: [] };
    known.all.push(event.dur);
    times.set(event.name, known);
  }
  const dimsOf = (each: z.output<typeof shapes> | undefined) =>
    (each ?? []).flatMap((one) => Object.values(one));
  return [...times].map(([name, { first, all }]) => ({
    name: name.replace(/_kernel_time$/, ""),
    op: first.args.op_name ?? "",
    inputs: dimsOf(first.args.input_type_shape),
    outputs: dimsOf(first.args.output_type_shape),
    microseconds: all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0,
  }));
}
