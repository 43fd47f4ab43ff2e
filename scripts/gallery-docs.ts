import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { count } from "../src/base/numbers.js";
import { packageRoot } from "../src/files/package.js";
import { shippedSpecs } from "../src/files/spec-files.js";
import type { ReferenceRow } from "./reference-table.js";

type Families = ReadonlyMap<string, readonly ReferenceRow[]>;

const INTRODUCTION = `<!-- Made by scripts/generate.ts from test/data/gallery-reference.json and the specs. Do not edit. -->

# The specs against the reference

Reference networks (timm, torchvision, the authors' code, or else the papers' definitions), each with the spec of the same network,
and with \`--passes\` if it is a variant of the spec. *Equal* means that these numbers are the same, as far as the reference has them:
input size, parameters and attention's parameters, gates, running statistics, multiply-accumulates and those of attention.
\`test/gallery.test.ts\` checks the same table.
`;

/** docs/gallery.md: every network of the reference. */
export function galleryDocs(families: Families): string {
  const sections = [...families].map(([family, rows]) => {
    const matched = rows.filter(({ network }) => network !== undefined);
    const unmatched = rows.filter(({ network }) => network === undefined);
    return [
      `\n## ${family}\n\n`,
      matched.length === 0 ? "" : matchedTable(matched),
      matched.length === 0 || unmatched.length === 0 ? "" : "\n",
      unmatched.length === 0 ? "" : unmatchedTable(unmatched),
    ].join("");
  });
  return `${INTRODUCTION}\n${familyTable(families)}\n${unreferenced(families)}${sections.join("")}`;
}

/** The specs that ship and are no network of the reference. */
function unreferenced(families: Families): string {
  const referenced = new Set([...families.values()].flat().map(({ network }) => network?.spec));
  const all = shippedSpecs();
  const others = all.filter((spec) => !referenced.has(spec));
  const numbered = new Set(
    readdirSync(join(packageRoot(), "test", "data", "network-numbers")).map((file) =>
      basename(file, ".json"),
    ),
  );
  const links = (specs: readonly string[]): string =>
    specs.map((spec) => `[${spec}](../specs/${spec}.json)`).join(", ");
  const [compared, own] = [true, false].map((is) =>
    links(others.filter((spec) => numbered.has(spec) === is)),
  );
  return `${all.length - others.length} of the ${all.length} specs are in these tables.

For these, parameters, MACs and outputs are compared with torchvision, timm or the papers' definitions (\`test/networks/network-numbers.test.ts\`): ${compared}.

For the others, the expected counts come from ecagen; some are compared with published values in other tests (\`test/networks/detectors.test.ts\`,
\`test/driver/paper-tables.test.ts\`): ${own}.
`;
}

/** How many networks of each family there are, and how many of them are equal. */
function familyTable(families: Families): string {
  const rowOf = (family: string, rows: readonly ReferenceRow[]): readonly string[] => [
    family,
    String(rows.length),
    String(rows.filter(({ equal }) => equal).length),
  ];
  return markdownTable(
    ["family", "networks", "equal"],
    [
      ...[...families].map(([family, rows]) => rowOf(family, rows)),
      rowOf("all", [...families.values()].flat()),
    ],
    ["networks", "equal"],
  );
}

function matchedTable(rows: readonly ReferenceRow[]): string {
  return markdownTable(
    ["network", "spec", "passes", "parameters", "attention's", "MACs", "equal"],
    rows.flatMap(({ name, network, equal }) => {
      if (network === undefined) return [];
      const { spec, passes, parameters, attentionParameters, macs } = network;
      const number = (value: number | undefined): string => (value === undefined ? "" : count(value));
      return [
        [
          name,
          `[${spec}](../specs/${spec}.json)`,
          passes === undefined ? "" : `\`${passes}\``,
          number(parameters),
          number(attentionParameters),
          number(macs),
          equal ? "yes" : "no",
        ],
      ];
    }),
    ["parameters", "attention's", "MACs"],
  );
}

function unmatchedTable(rows: readonly ReferenceRow[]): string {
  return markdownTable(
    ["network without a spec", "reason"],
    rows.map(({ name, reason = "" }) => [name, reason]),
  );
}
