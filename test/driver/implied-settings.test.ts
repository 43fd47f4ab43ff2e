import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadSpec, parseSpecText } from "../../src/files/spec-files.js";
import type { ResolvedSpec } from "../../src/language/resolved.js";
import { checkSettings } from "../../src/networks/implied-settings.js";
import type { NameMap, Naming } from "../../src/weights/names/name-map.js";
import { type NameKind, nameMapOf, nameMaps } from "../../src/weights/names/registry.js";

const test = suite("driver: settings that names imply");

function naming(kind: NameKind, title: string): readonly [NameMap, Naming] {
  const map = nameMapOf(kind);
  const found = map.namings.find((each) => each.title.startsWith(title));
  if (found === undefined) throw new Error(`${kind} has no ${title}`);
  return [map, found];
}

/** `defaults.norm.epsilon 0.00001 → 0.001` */
function differing(spec: ResolvedSpec, [map, one]: readonly [NameMap, Naming]): readonly string[] {
  return checkSettings(spec, map, one).differing.map(
    ({ field, value, expected }) => `${field} ${String(value)} → ${expected.join(" or ")}`,
  );
}

const shipped = (name: string): ResolvedSpec => loadSpec(`specs/${name}.json`).resolved;
const changed = (name: string, more: object): ResolvedSpec =>
  parseSpecText(JSON.stringify({ extends: name, ...more }), "changed.json").resolved;

const [EFFICIENTNET, MOBILENETV2, MOBILENETV3, RESNET] = [
  "efficientnet",
  "mobilenet_v2",
  "mobilenet_v3",
  "resnet",
].map((title) => naming("torchvision", title)) as [
  ReturnType<typeof naming>,
  ReturnType<typeof naming>,
  ReturnType<typeof naming>,
  ReturnType<typeof naming>,
];

test("networks with another ε, padding or gate are told by the field and its value", () => {
  assert.equal(differing(shipped("mobilenetv3-small-100"), MOBILENETV3), [
    "defaults.norm.epsilon 0.00001 → 0.001",
  ]);
  assert.equal(differing(shipped("b0-se"), naming("efficientnet-pytorch", "EfficientNet")), [
    "defaults.norm.epsilon 0.00001 → 0.001",
    "defaults.padding symmetric → same",
  ]);
  const sigmoid = { defaults: { attention: { se: { gate: "sigmoid" } } } };
  assert.ok(
    differing(changed("tv-mobilenetv3-small", sigmoid), MOBILENETV3).includes(
      "stages[0].attention.gate sigmoid → hard_sigmoid",
    ),
  );
});

const OTHERS: readonly (readonly [object, RegExp])[] = [
  [{ defaults: { norm: { epsilon: 1e-3 } } }, /^defaults\.norm\.epsilon 0\.001 → 0\.00001$/],
  [{ defaults: { padding: "same" } }, /^defaults\.padding same → symmetric$/],
  [{ defaults: { activation: "silu" } }, /^stages\[0\]\.activation silu → relu$/],
  [{ stem: { activation: "silu" } }, /^stem\.activation silu → relu$/],
  [{ preprocessing: { mean: [0.5] } }, /^preprocessing\.mean 0\.5,0\.5,0\.5 → 0\.485,0\.456,0\.406$/],
  [{ preprocessing: { std: [0.5] } }, /^preprocessing\.std /],
  [{ preprocessing: { channelOrder: "bgr" } }, /^preprocessing\.channelOrder bgr → rgb$/],
];

test("what shapes don't tell of blocks and gates: where the stride is, where the gate stands, how it squeezes", () => {
  assert.equal(differing(shipped("resnet50-v1"), RESNET), [
    "stages[1].strideAt reduce → spatial",
    "stages[2].strideAt reduce → spatial",
    "stages[3].strideAt reduce → spatial",
  ]);
  assert.equal(differing(shipped("resnet50-v1"), naming("timm", "ResNet")).length, 3);
  const own = shipped("tv-mobilenetv3-small");
  const gated = own.blocks.findIndex(({ gates }) => gates.length > 0);
  for (const [change, expected] of [
    [{ position: "standard" }, "attention.position standard → spatial"],
    [
      { options: { ...own.blocks[gated]?.gates[0]?.options, squeeze: "max" } },
      "attention.squeeze max → average",
    ],
  ] as const) {
    const blocks = own.blocks.map((block, i) =>
      i === gated
        ? ({ ...block, gates: block.gates.map((gate) => ({ ...gate, ...change })) } as typeof block)
        : block,
    );
    const [found, ...more] = differing({ ...own, blocks }, MOBILENETV3);
    assert.equal(more, []);
    assert.match(found ?? "", expected);
  }
  const post = changed("resnet50-eca", { attention: { type: "eca", position: "post" } });
  assert.ok(
    differing(post, naming("ecanet", "eca_resnet")).some((each) => /position post → standard$/.test(each)),
  );
});

test("each setting of a ResNet, changed by itself, is found", () => {
  for (const [more, expected] of OTHERS) {
    const found = differing(changed("resnet50", more), RESNET);
    assert.ok(
      found.some((each) => expected.test(each)),
      `${JSON.stringify(more)}: ${found}`,
    );
  }
  assert.equal(differing(shipped("resnet50"), RESNET), []);
});

test("how images are resized is a note", () => {
  const { differing, notes } = checkSettings(
    changed("resnet50", { preprocessing: { interpolation: "nearest", crop: 0.5 } }),
    ...RESNET,
  );
  assert.equal(differing, []);
  assert.is(notes.length, 2);
  assert.match(
    notes.join(),
    /preprocessing\.interpolation is nearest.*bilinear.*preprocessing\.crop is 0\.5/,
  );
});

test("what the names don't tell is a note, and either is right", () => {
  for (const name of ["b0-se", "tf-b0-se"]) {
    const { differing, notes } = checkSettings(shipped(name), ...naming("timm", "EfficientNet"));
    assert.equal(differing, [], name);
    assert.match(
      notes.join(),
      /don't tell BatchNorm's ε \(0\.00001 or 0\.001; this.* and padding \(symmetric or same; this/,
      name,
    );
  }
  assert.equal(
    differing(changed("b0-se", { defaults: { norm: { epsilon: 0.01 } } }), naming("timm", "EfficientNet")),
    ["defaults.norm.epsilon 0.01 → 0.00001 or 0.001"],
  );
});

test("which EfficientNet it is says its head, and its blocks", () => {
  assert.equal(differing(shipped("b4-se"), EFFICIENTNET), []);
  assert.equal(differing(shipped("b5-se"), EFFICIENTNET), ["defaults.norm.epsilon 0.00001 → 0.001"]);
  assert.equal(differing(shipped("v2-l-se"), EFFICIENTNET).length > 0, true);
  assert.equal(differing(changed("b4-se", { defaults: { norm: { epsilon: 1e-3 } } }), EFFICIENTNET), [
    "defaults.norm.epsilon 0.001 → 0.00001",
  ]);
});

test("the specs that ship for a framework have its settings", () => {
  const torchvision = readdirSync("specs").filter((file) => file.startsWith("tv-"));
  assert.ok(torchvision.length >= 7);
  for (const file of torchvision) {
    const own = file.includes("mobilenetv3") ? MOBILENETV3 : EFFICIENTNET;
    assert.equal(differing(shipped(file.replace(".json", "")), own), [], file);
  }
  assert.equal(differing(shipped("mobilenetv2-100"), MOBILENETV2), []);
  assert.equal(differing(shipped("tf-b0-se"), naming("efficientnet-pytorch", "EfficientNet")), []);
  assert.equal(differing(shipped("official-eca-mobilenetv2-100"), naming("ecanet", "eca_mobilenetv2")), []);
  assert.equal(differing(shipped("resnet50-eca"), naming("ecanet", "eca_resnet")), []);
  for (const name of [
    "resnet50d-se",
    "resnet50-eca",
    "skresnet50",
    "resnetrs50",
    "gcresnet50t",
    "resnet33ts-eca",
  ])
    assert.equal(differing(shipped(name), naming("timm", "ResNet")), [], name);
  for (const name of ["senet154", "legacy-resnet50-se"])
    assert.equal(differing(shipped(name), naming("timm", "SENet")), [], name);
});

test("every naming of a framework but ecagen's own says its settings, with their sources", () => {
  for (const { kind, namings } of nameMaps) {
    for (const { title, settings = [] } of namings) {
      assert.is(settings.length > 0, kind !== "ecagen", `${kind} ${title}`);
      for (const { setting, values, source } of settings) {
        assert.ok(values.length > 0 && source.length > 10, `${kind} ${title} ${setting}`);
      }
    }
  }
});

test.run();
