/**
 * How fast the command line starts and compiles, and how much memory a compile takes. Ratios to an empty
 * Node.js process, measured in one run; bounds that a change must keep. Run after a build:
 *
 *   npm run bench            (B7 and L2 write 1.9 GB below a temporary folder and take half a minute)
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interleaved, peakMemory } from "./measure.js";

const folder = mkdtempSync(join(tmpdir(), "ecagen-bench-"));
const cli = "dist/cli.js";
const compile = (spec: string): string[] => [
  cli,
  "compile",
  `specs/${spec}.json`,
  "-o",
  join(folder, `${spec}.onnx`),
];

const BOUNDS: Readonly<Record<string, number>> = { "--help": 3, "compile b0-eca": 6 };
/** Of `list` against --help: listing some hundred specs must not read them. */
const LIST_BOUND = 2;
const MEMORY_BOUND = 150;

try {
  const times = interleaved(
    {
      "node -e 0": ["-e", "0"],
      "--help": [cli, "--help"],
      "stats b0-eca": [cli, "stats", "specs/b0-eca.json"],
      list: [cli, "list"],
      "compile b0-eca": compile("b0-eca"),
    },
    21,
  );
  let ok = true;
  for (const { name, medianMs, minMs, ratio } of times) {
    const bound = BOUNDS[name];
    const kept = bound === undefined || ratio < bound;
    ok &&= kept;
    const verdict = bound === undefined ? "" : `  bound ${bound}: ${kept ? "ok" : "FAILED"}`;
    console.log(
      `${name.padEnd(16)} median ${medianMs.toFixed(0)} ms, min ${minMs.toFixed(0)} ms, ratio ${ratio.toFixed(2)}${verdict}`,
    );
  }
  const medianOf = (wanted: string): number =>
    times.find(({ name }) => name === wanted)?.medianMs ?? Number.NaN;
  const listed = medianOf("list") / medianOf("--help");
  ok &&= listed < LIST_BOUND;
  console.log(
    `list: ${listed.toFixed(2)} times --help  bound ${LIST_BOUND}: ${listed < LIST_BOUND ? "ok" : "FAILED"}`,
  );
  for (const spec of ["b0-eca", "b7-eca", "l2-eca"]) {
    const peak = peakMemory(compile(spec));
    ok &&= peak < MEMORY_BOUND;
    console.log(
      `compile ${spec}: peak memory ${peak.toFixed(0)} MB  bound ${MEMORY_BOUND}: ${peak < MEMORY_BOUND ? "ok" : "FAILED"}`,
    );
  }
  process.exitCode = ok ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
