import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadSpec, shippedSpecs } from "../../src/files/spec-files.js";

const test = suite("spec: the gallery");

/**
 * Input side, stem, channels and blocks by stage, head. B0, B1 and lite0 are as timm 1.0.29 builds them, block by
 * block; the others are timm's too by their counts, which no other widths and depths meet.
 */
const networks: readonly (readonly [string, number, number, readonly number[], readonly number[], number])[] =
  [
    ["b0-se", 224, 32, [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1], 1280],
    ["b1-se", 240, 32, [16, 24, 40, 80, 112, 192, 320], [2, 3, 3, 4, 4, 5, 2], 1280],
    ["b2-se", 260, 32, [16, 24, 48, 88, 120, 208, 352], [2, 3, 3, 4, 4, 5, 2], 1408],
    ["b3-se", 300, 40, [24, 32, 48, 96, 136, 232, 384], [2, 3, 3, 5, 5, 6, 2], 1536],
    ["b4-se", 380, 48, [24, 32, 56, 112, 160, 272, 448], [2, 4, 4, 6, 6, 8, 2], 1792],
    ["b5-se", 456, 48, [24, 40, 64, 128, 176, 304, 512], [3, 5, 5, 7, 7, 9, 3], 2048],
    ["b6-se", 528, 56, [32, 40, 72, 144, 200, 344, 576], [3, 6, 6, 8, 8, 11, 3], 2304],
    ["b7-se", 600, 64, [32, 48, 80, 160, 224, 384, 640], [4, 7, 7, 10, 10, 13, 4], 2560],
    ["b8-se", 672, 72, [32, 56, 88, 176, 248, 424, 704], [4, 8, 8, 11, 11, 15, 4], 2816],
    ["l2-se", 800, 136, [72, 104, 176, 344, 480, 824, 1376], [6, 11, 11, 16, 16, 22, 6], 5504],
    ["lite0", 224, 32, [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1], 1280],
    ["lite1", 240, 32, [16, 24, 40, 80, 112, 192, 320], [1, 3, 3, 4, 4, 5, 1], 1280],
    ["lite2", 260, 32, [16, 24, 48, 88, 120, 208, 352], [1, 3, 3, 4, 4, 5, 1], 1280],
    ["lite3", 280, 32, [24, 32, 48, 96, 136, 232, 384], [1, 3, 3, 5, 5, 6, 1], 1280],
    ["lite4", 300, 32, [24, 32, 56, 112, 160, 272, 448], [1, 4, 4, 6, 6, 8, 1], 1280],
  ];

for (const [name, side, stem, channels, depths, head] of networks) {
  test(`${name} has the published widths and depths`, () => {
    const { resolved } = loadSpec(name);
    const stages = channels.map((_, stage) => resolved.blocks.filter((block) => block.stage === stage));
    assert.equal(resolved.input, { channels: 3, height: side, width: side });
    assert.equal(
      [resolved.stem?.channels, resolved.head?.channels, resolved.head?.classes],
      [stem, head, 1000],
    );
    assert.equal(
      stages.map((blocks) => blocks.map((block) => block.channels)),
      channels.map((width, stage) => Array.from({ length: depths[stage] ?? 0 }, () => width)),
    );
  });
}

test("EfficientNet-B0, block by block as timm 1.0.29 has it", () => {
  // Kind, input, expanded and output channels, kernel, stride, residual.
  const expected = [
    ["depthwise-separable", 32, 32, 16, 3, 1, false],
    ["inverted-residual", 16, 96, 24, 3, 2, false],
    ["inverted-residual", 24, 144, 24, 3, 1, true],
    ["inverted-residual", 24, 144, 40, 5, 2, false],
    ["inverted-residual", 40, 240, 40, 5, 1, true],
    ["inverted-residual", 40, 240, 80, 3, 2, false],
    ["inverted-residual", 80, 480, 80, 3, 1, true],
    ["inverted-residual", 80, 480, 80, 3, 1, true],
    ["inverted-residual", 80, 480, 112, 5, 1, false],
    ["inverted-residual", 112, 672, 112, 5, 1, true],
    ["inverted-residual", 112, 672, 112, 5, 1, true],
    ["inverted-residual", 112, 672, 192, 5, 2, false],
    ["inverted-residual", 192, 1152, 192, 5, 1, true],
    ["inverted-residual", 192, 1152, 192, 5, 1, true],
    ["inverted-residual", 192, 1152, 192, 5, 1, true],
    ["inverted-residual", 192, 1152, 320, 3, 1, false],
  ];
  const { blocks } = loadSpec("b0-se").resolved;
  assert.equal(
    blocks.map((block) => [
      block.block,
      block.inputChannels,
      "expandedChannels" in block ? block.expandedChannels : block.inputChannels,
      block.channels,
      "kernel" in block ? block.kernel : undefined,
      block.stride,
      block.residual,
    ]),
    expected,
  );
  for (const block of blocks) {
    assert.equal(block.gates[0]?.options, {
      type: "se",
      ratio: 0.25,
      ratioOf: "block-input",
      divisor: 1,
      roundLimit: 0.9,
      squeeze: "average",
      activation: "silu",
      gate: "sigmoid",
      bias: true,
      norm: false,
      epsilon: 0.00001,
    });
  }
});

test("every -eca and -none spec of EfficientNet is its -se spec with one pass and its own counts", () => {
  for (const name of shippedSpecs().filter((each) => /^(b\d|l2)-(eca|none)$/.test(each))) {
    const { resolved } = loadSpec(name);
    const se = loadSpec(name.replace(/-(eca|none)$/, "-se")).resolved;
    assert.equal(resolved.blocks, se.blocks, name);
    assert.equal(
      resolved.passes.map(({ pass }) => pass),
      [name.endsWith("-eca") ? "swap-attention" : "remove-attention"],
    );
    assert.is.not(resolved.expect.parameters, se.expect.parameters);
    assert.is.not(resolved.name, se.name);
  }
});

test("every spec has a name of its own, a description, a family and all three counts", () => {
  const specs = shippedSpecs().map((name) => loadSpec(name).resolved);
  assert.is(new Set(specs.map(({ name }) => name)).size, specs.length);
  for (const { name, description, family, expect } of specs) {
    assert.ok(description, name);
    assert.ok(family, name);
    // Products of two computed tensors are said of the few networks that have them.
    const { productMacs: _, ...counts } = expect;
    assert.equal(Object.keys(counts).sort(), ["attentionParameters", "macs", "parameters"], name);
  }
});

test("the published counts that everything is measured by", () => {
  const counts = (name: string): unknown => loadSpec(name).resolved.expect;
  assert.equal(counts("b0-se"), { parameters: 5288548, attentionParameters: 636540, macs: 385814752 });
  assert.equal(counts("b0-eca"), { parameters: 4652084, attentionParameters: 76, macs: 385232096 });
  assert.is(loadSpec("b7-eca").resolved.expect.parameters, 54375155);
  assert.is(loadSpec("l2-eca").resolved.expect.parameters, 388681556);
});

test.run();
