import type { Likeness } from "../src/base/distance.js";
import { FIGURED, FIGURED_STARTS, newGateFigures } from "./new-gate-figures.js";

const cell = ({ relativeError, cosine }: Likeness): string =>
  `${(relativeError * 100).toFixed(1)} %, ${cosine.toFixed(3)}`;

console.log(`| network | images | ${FIGURED_STARTS.join(" | ")} |`);
console.log(`|---|---|${FIGURED_STARTS.map(() => "---|").join("")}`);
for (const name of FIGURED) {
  const { calibrated, others } = await newGateFigures(name);
  console.log(`| \`${name}\` | held out | ${calibrated.map(cell).join(" | ")} |`);
  console.log(`| \`${name}\` | others | ${others.map(cell).join(" | ")} |`);
}
