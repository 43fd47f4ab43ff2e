/**
 * How long `verify` takes: by the wall, and how much processor time as a ratio to that of `stats` of the same spec, which starts the same program
 * and does no arithmetic. Other work on the machine changes the first much and the second little. Run after a build:
 *
 *   npm run bench:verify            (two minutes on two idle cores)
 */
import { availableParallelism } from "node:os";
import { durations, median } from "./measure.js";

const cli = "dist/cli.js";
const ROUNDS = 3;

/** Seconds that a person waits for, at most, on two cores; and the ratio that a change must keep. */
const BOUNDS = {
  "b0-eca": { seconds: 5, ratio: 40 },
  resnet50: { seconds: 15, ratio: 95 },
  "convnext-tiny": { seconds: 15, ratio: 95 },
};

let ok = true;
for (const [spec, bound] of Object.entries(BOUNDS)) {
  const pairs = Array.from({ length: ROUNDS }, () => {
    const [started, verified] = [durations([cli, "stats", spec]), durations([cli, "verify", spec])];
    return { ...verified, ratio: verified.processors / started.processors };
  });
  const of = (figure: "wall" | "processors" | "ratio"): number => median(pairs.map((each) => each[figure]));
  const kept = of("ratio") < bound.ratio;
  ok &&= kept;
  const times = `${of("wall").toFixed(1)} s (aim ${bound.seconds} s), of processors ${of("processors").toFixed(1)} s`;
  const verdict = `${of("ratio").toFixed(0)} times stats  bound ${bound.ratio}: ${kept ? "ok" : "FAILED"}`;
  console.log(`verify ${spec.padEnd(14)} ${times}, ${verdict}`);
}
console.log(`${availableParallelism()} cores`);
process.exitCode = ok ? 0 : 1;
