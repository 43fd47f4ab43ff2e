/**
 * How long `verify` takes, by the wall and of processors. Times are ratios to those of `stats` of the same spec, which starts the same program and
 * does no arithmetic, so that a slow machine slows both. Run after a build:
 *
 *   npm run bench:verify            (five minutes on two cores)
 */
import { availableParallelism } from "node:os";
import { interleaved } from "./measure.js";

const cli = "dist/cli.js";

/** Seconds that a person waits for, at most, on two cores. */
const MOST_SECONDS: Readonly<Record<string, number>> = { "b0-eca": 5, resnet50: 15, "convnext-tiny": 15 };
/** Times of `verify` over `stats` that a change must keep. */
const BOUNDS: Readonly<Record<string, number>> = { "b0-eca": 30, resnet50: 75, "convnext-tiny": 75 };

let ok = true;
for (const [spec, bound] of Object.entries(BOUNDS)) {
  const commands = { stats: [cli, "stats", spec], verify: [cli, "verify", spec] };
  const verified = interleaved(commands, 3).find(({ name }) => name === "verify");
  if (verified === undefined) throw new Error(`verify ${spec} was not measured`);
  const { medianMs, minMs, ratio } = verified;
  ok &&= ratio < bound;
  const seconds = `median ${(medianMs / 1000).toFixed(1)} s, min ${(minMs / 1000).toFixed(1)} s (aim ${MOST_SECONDS[spec]} s)`;
  const verdict = ratio < bound ? "ok" : "FAILED";
  console.log(
    `verify ${spec.padEnd(14)} ${seconds}, ${ratio.toFixed(0)} times stats  bound ${bound}: ${verdict}`,
  );
}
console.log(`${availableParallelism()} cores`);
process.exitCode = ok ? 0 : 1;
