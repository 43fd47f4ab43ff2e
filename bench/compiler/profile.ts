/**
 * Where the time of `ecagen compile specs/b0-eca.json` goes, as a table for docs/performance.md. Run after a build:
 *
 *     npm run bench:profile                       or: npm run bench:profile -- stats specs/b0-eca.json
 *
 * The parts are the medians of several runs under V8's sampling profiler. A sample belongs to the first part, in the order of `PARTS`, whose function is on its stack.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quartilesOf } from "./ratios.js";

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: Frame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const RUNS = 7;

/** Names of functions, as the bundled program has them: it may add a number to a name that several modules have. */
const PARTS: readonly (readonly [part: string, functions: RegExp])[] = [
  ["garbage collection", /^\(garbage collector\)$/],
  ["reading V8's code cache", /^Script$/],
  ["random numbers", /^(fillNormal|fillUniform)\d*$/],
  ["other arithmetic on weights, rounding to float32", /^(weightChunks|encodeElements)\d*$/],
  ["writing and hashing", /^(writeFile|writeDigested|#flush|commit|complete)\d*$/],
  ["layout of the file, protobuf", /^(layoutModel|layoutExternal|encodeModel|metadataOf)\d*$/],
  ["files beside the output", /^(OutdatedData|open)\d*$/],
  ["passes: their checks", /^(expectValid|expectSameSignature|sameGraph)\d*$/],
  ["passes", /^runPasses\d*$/],
  ["building the graph", /^buildNetwork\d*$/],
  ["reading and checking the spec", /^loadSpec\d*$/],
  ["counting", /^countNetwork\d*$/],
  ["yargs", /^(parseAsync|YargsInstance)\d*$/],
  ["modules as they are loaded: schemas and tables", /^(src|node_modules)\//],
];

const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "ecagen-bench-"));
try {
  const args = given.length > 0 ? given : ["compile", "specs/b0-eca.json", "-o", join(folder, "b0.onnx")];
  run([], args);
  const runs = Array.from({ length: RUNS }, (_, i) => {
    const profiles = join(folder, `profile-${i}`);
    run(["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", profiles], args);
    const [file = ""] = readdirSync(profiles);
    return partsOf(JSON.parse(readFileSync(join(profiles, file), "utf8")) as Profile);
  });
  const names = [...new Set(runs.flatMap((parts) => [...parts.keys()]))];
  const median = (name: string): number => quartilesOf(runs.map((parts) => parts.get(name) ?? 0)).median;
  const medians = names.map((name) => ({ name, part: median(name) })).sort((a, b) => b.part - a.part);
  console.log("| part | share of the time |\n|---|---:|");
  for (const { name, part } of medians) console.log(`| ${name} | ${(100 * part).toFixed(0)} % |`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(flags: readonly string[], args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [...flags, "dist/cli.js", ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
}

/** The share of each part in the time of a profile. */
function partsOf({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const partOf = (sample: number): string => {
    const names: string[] = [];
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id))
      names.push(byId.get(id)?.callFrame.functionName ?? "");
    return (
      PARTS.find(([, functions]) => names.some((name) => functions.test(name)))?.[0] ??
      "Node.js itself, and the rest"
    );
  };
  const times = new Map<string, number>();
  samples.forEach((sample, i) => {
    const part = partOf(sample);
    times.set(part, (times.get(part) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...times].map(([part, time]) => [part, time / all]));
}
