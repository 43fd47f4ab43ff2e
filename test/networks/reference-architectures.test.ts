import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { type Parameter, parametersOf } from "../../src/ir/graph.js";

/**
 * Networks whose every tensor is known from timm: shape, role and initialisation, block by block. The tables
 * in test/data were made from timm's models (their `source` says which), not by ecagen.
 */
const NETWORKS = {
  "efficientnet_b0.json": "specs/b0-se.json",
  "efficientnet_b0-eca.json": "specs/b0-eca.json",
  "efficientnet_b1.json": "specs/b1-se.json",
  "efficientnet_lite0.json": "specs/lite0.json",
  "efficientnetv2_s.json": "specs/v2-s-se.json",
  "mobilenetv2_100.json": "specs/mobilenetv2-100.json",
  "mobilenetv3_large_100.json": "specs/mobilenetv3-large-100.json",
  "mobilenetv3_small_100.json": "specs/mobilenetv3-small-100.json",
  "resnet50.json": "specs/resnet50.json",
  "resnet50-eca.json": "specs/resnet50-eca.json",
  "seresnet50.json": "specs/resnet50-se.json",
  "seresnext50_32x4d.json": "specs/resnext50-32x4d-se.json",
} as const;

interface ReferenceNetwork {
  readonly parameters: number;
  readonly macs: number;
  readonly blocks: Readonly<Record<string, { readonly macs: number; readonly tensors: readonly string[] }>>;
}

const test = suite("blocks: reference architectures");

for (const [table, spec] of Object.entries(NETWORKS)) {
  const reference = JSON.parse(readFileSync(`test/data/${table}`, "utf8")) as ReferenceNetwork;

  test(`${spec}: every tensor of ${table}, block by block`, () => {
    const { graph } = specNetwork(spec);
    const tensors = new Map<string, string[]>();
    for (const parameter of parametersOf(graph)) {
      const block = graph.blocks.find(({ scope }) =>
        parameter.name.startsWith(`${scope.slice(1).replaceAll("/", ".")}.`),
      );
      const scope = block?.scope ?? "";
      tensors.set(scope, [...(tensors.get(scope) ?? []), describe(parameter)]);
    }
    const sorted = Object.fromEntries([...tensors].map(([scope, each]) => [scope, each.sort()]));
    assert.equal(
      sorted,
      Object.fromEntries(Object.entries(reference.blocks).map(([scope, each]) => [scope, each.tensors])),
    );
  });

  test(`${spec}: the multiply-accumulates of ${table}, block by block`, () => {
    const counts = countNetwork(specNetwork(spec).graph);
    const macs = Object.fromEntries(counts.blocks.map((block) => [block.path, block.macs]));
    assert.equal(
      macs,
      Object.fromEntries(Object.entries(reference.blocks).map(([scope, each]) => [scope, each.macs])),
    );
    assert.is(counts.macs, reference.macs);
    assert.is(counts.parameters, reference.parameters);
  });
}

/** `param [32, 3, 3, 3] normal 0.08333333333`, as the tables have it. */
function describe({ role, type, data }: Parameter): string {
  const start = ((): string => {
    switch (data.kind) {
      case "normal":
        return `normal ${Number(data.std.toPrecision(10))}`;
      case "uniform":
        return `uniform ${Number(data.high.toPrecision(10))}`;
      case "constant":
        return `constant ${data.value}`;
      default:
        return data.kind;
    }
  })();
  return `${role === "trainable" ? "param" : role} [${type.dims.join(", ")}] ${start}`;
}

test.run();
