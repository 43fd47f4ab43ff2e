import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/files/package.js";
import { specNetwork } from "../src/given/spec-file.js";
import { pictureOf } from "./graph-picture.js";

/** A construct of the language: a spec in docs/graphs that has it, and what it says. */
interface Construct {
  readonly spec: string;
  readonly title: string;
  readonly text: string;
  /** Whether the ops of blocks are drawn layer by layer. */
  readonly layers?: boolean;
}

const CONSTRUCTS: readonly Construct[] = [
  {
    spec: "names",
    title: "Names between stages",
    text: `By default a stage reads the result of the previous stage. \`as\` names a result, and \`from\` reads named results: here a decoder adds a map
of the encoder to an upsampled map, and a gate is applied to the sum.`,
  },
  {
    spec: "branches",
    title: "Branches in a block of your own",
    text: `\`blocks\` defines a block of layers. All \`branches\` read the same map; \`join\` combines their results. The layer \`attention\` marks the position of
the gate, and the stage selects its kind. With \`residual\` the block's input is added at the end.`,
    layers: true,
  },
  {
    spec: "gates",
    title: "Several gates in one block",
    text: `A list of gates: each reads the result of the previous one. They are counted, swapped and removed separately.`,
    layers: true,
  },
  {
    spec: "weighted",
    title: "Weighted sums",
    text: `\`weighted\` adds maps with trained weights, as EfficientDet's BiFPN does: Σ wᵢ · xᵢ / (Σ wᵢ + 0.0001), each w at least 0. The weights are
computed once, for any size of the maps.`,
  },
  {
    spec: "heads",
    title: "A neck, and a head that is applied to several maps",
    text: `\`neck\` has layers over maps of several stages: a feature pyramid. A head in \`heads\` is applied to each map that it names, with one set of weights: its
parameters are counted once, its multiply-accumulates for each map. \`output: { values }\` reshapes the maps to rows, one per anchor and pixel.`,
  },
  {
    spec: "one-stage",
    title: "Boxes of anchors",
    text: `\`detection\` decodes the results of two heads into boxes, as RetinaNet does: it takes the best anchors of each map, applies the offsets of the head
\`boxes\`, and drops boxes that overlap a better one of the same class. The file's outputs are boxes, scores and labels; with \`"outputs": "raw"\`, the heads' rows.`,
  },
  {
    spec: "points",
    title: "Boxes without anchors, and one head for everything",
    text: `\`decoder\` says how numbers become a box. Here they are the distances of its sides from the middle of the pixel, as in FCOS and YOLOv8; \`cells\` are YOLOv4's and YOLOv5's. \`boxes\`,
\`confidence\` and \`scores\` can be parts of one head's numbers. The score of a class is the product of its sigmoid and that of the confidence.`,
  },
  {
    spec: "two-stage",
    title: "Regions and masks",
    text: `With \`regions\` the anchors give proposals. Each proposal is extracted from the map that fits its size (RoIAlign) and classified by a second stage, as in
Faster R-CNN; with \`mask\` there is also a mask of its pixels, as in Mask R-CNN. \`extends\` inherits the rest from the spec of [boxes of anchors](#boxes-of-anchors).`,
  },
];

const FOLDER = join(packageRoot(), "docs", "graphs");

/** docs/graphs.md and its pictures: file and text. */
export async function graphDocs(): Promise<readonly (readonly [file: string, text: string])[]> {
  const pictures: (readonly [string, string])[] = [];
  for (const { spec, layers = false } of CONSTRUCTS) {
    const { graph } = specNetwork(join(FOLDER, `${spec}.json`));
    const unitOf = (scope: string): string => unitIn(scope, layers);
    const titleOf = (unit: string): string => titleIn(unit, namesIn(written(spec)));
    pictures.push([`docs/graphs/${spec}.svg`, await pictureOf(graph, { unitOf, titleOf, kinds: layers })]);
  }
  return [["docs/graphs.md", page()], ...pictures];
}

function page(): string {
  return `<!-- Made by scripts/generate.ts from docs/graphs/. Do not edit. -->

# From blocks to graphs

A chain of stages needs no names. For each construct beyond a chain, this page has a small, complete network and a
picture of its graph. Gates are green, layers of a neck are blue, and each head has its own colour. Edges are labelled with the channels, height and width of
their map. [spec.md](spec.md) lists all keys. The files compile without changes: \`ecagen compile docs/graphs/names.json\`.

${CONSTRUCTS.map(section).join("\n")}`;
}

function section({ spec, title, text }: Construct): string {
  const json = readFileSync(join(FOLDER, `${spec}.json`), "utf8");
  return `## ${title}

${text}

\`\`\`json
${json.trimEnd()}
\`\`\`

![${title}: the graph of graphs/${spec}.json](graphs/${spec}.svg)
`;
}

/** What of a spec gives names. */
interface Written {
  readonly extends?: string;
  readonly stages?: readonly { readonly as?: string }[];
  readonly neck?: { readonly layers: readonly { readonly as?: string }[] };
}

/** A spec as it is written, with what it extends. */
function written(spec: string): Written {
  const own = JSON.parse(readFileSync(join(FOLDER, `${spec}.json`), "utf8")) as Written;
  return own.extends === undefined ? own : { ...written(own.extends.replace(/\.json$/, "")), ...own };
}

/** The names that `as` gives, by the scope of what has them. */
function namesIn({ stages = [], neck }: Written): ReadonlyMap<string, string> {
  return new Map(
    [
      ...stages.map(({ as }, i) => [`/stages/${i}/blocks/0`, as] as const),
      ...(neck?.layers ?? []).map(({ as }, i) => [`/neck/layers/${i}`, as] as const),
    ].flatMap(([scope, as]) => (as === undefined ? [] : [[scope, as]])),
  );
}

/** The node that an op is drawn in: its block or, with `layers`, its layer; what selects boxes is one node for each part. */
function unitIn(scope: string, layers: boolean): string {
  const [head, rows] = [/^\/heads\/[^/]+/.exec(scope), /\/rows(\/|$)/.test(scope)];
  if (head !== null && rows) return `${head[0]}/rows`;
  const whole =
    /^\/(stem|head|proposals|detections|regions\/[^/]+|heads\/[^/]+\/[^/]+|neck\/layers\/[^/]+)(?=\/|$)/.exec(
      scope,
    );
  if (whole !== null) return whole[0];
  const block = /^\/stages\/\d+\/blocks\/\d+/.exec(scope);
  if (block === null) return scope;
  const layer = scope.replace(/\/(conv|norm|act)$/, "");
  return !layers ? block[0] : layer === block[0] ? scope : layer;
}

/** `p3: neck layer 0`: the name that the spec gives, and where it stands. */
function titleIn(unit: string, names: ReadonlyMap<string, string>): string {
  const name = names.get(unit);
  const joined = names.get(unit.replace(/-from$/, ""));
  if (unit.endsWith("-from")) return `what ${joined} begins with`;
  const place = unit
    .slice(1)
    .replace(/^stages\/(\d+)\/blocks\/0/, "stage $1")
    .replace(/\/layers\/\d+\/branches\/(\d+)\/(\d+)/, ", branch $1, layer $2")
    .replace(/^neck\/layers\/(\d+)/, "neck layer $1")
    .replace(/^heads\/([^/]+)\/rows/, "rows of $1")
    .replace(/^heads\/([^/]+)\/([^/]+)/, "$1 of $2")
    .replace(/^regions\/(.*)/, "$1 of each region")
    .replaceAll("/", " ");
  return name === undefined ? place : `${name}: ${place}`;
}
