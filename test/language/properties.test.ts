import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { parseSpecText } from "../../src/files/spec-files.js";
import { ACTIVATION_NAMES } from "../../src/ir/activations.js";

const test = suite("spec: properties");

const oddKernel = fc.constantFrom(1, 3, 5, 7);
const activation = fc.constantFrom(...ACTIVATION_NAMES);
const attention = fc.oneof(
  fc.record(
    {
      type: fc.constant("se" as const),
      ratio: fc.double({ min: 0.2, max: 1, noNaN: true }),
      bias: fc.boolean(),
      activation,
    },
    { requiredKeys: ["type", "ratio"] },
  ),
  fc.record({ type: fc.constant("eca" as const), kernel: oddKernel }, { requiredKeys: ["type"] }),
);

/**
 * Stages that obey every rule: strides fit kernels, 64 pixels are enough for five strides of 2, and the ratios
 * leave a channel of the eight that a layer has at least (SE's default of 1/16 would not).
 */
const stage = fc
  .record({
    block: fc.constantFrom(
      "inverted-residual",
      "fused-inverted-residual",
      "depthwise-separable",
      "conv-norm-act",
      "basic",
      "bottleneck",
    ),
    repeat: fc.integer({ min: 1, max: 3 }),
    kernel: oddKernel,
    strided: fc.boolean(),
    channels: fc.integer({ min: 8, max: 64 }),
    expansion: fc.integer({ min: 1, max: 6 }),
    attention: fc.option(attention, { nil: undefined }),
    activation: fc.option(activation, { nil: undefined }),
  })
  .map(({ strided, expansion, attention: gate, activation: own, ...rest }) => ({
    ...rest,
    stride: strided && rest.kernel > 1 ? 2 : 1,
    ...(own === undefined ? {} : { activation: own }),
    ...(rest.block.includes("inverted") ? { expansion } : {}),
    ...(gate === undefined || rest.block === "conv-norm-act" ? {} : { attention: gate }),
  }));

const validSpec = fc.record(
  {
    input: fc.record({ height: fc.integer({ min: 64, max: 256 }), width: fc.integer({ min: 64, max: 256 }) }),
    stem: fc.record({ channels: fc.integer({ min: 8, max: 64 }) }),
    stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
    scaling: fc.record({
      width: fc.double({ min: 0.5, max: 3, noNaN: true }),
      depth: fc.double({ min: 0.5, max: 3, noNaN: true }),
    }),
    head: fc.record({ channels: fc.integer({ min: 8, max: 64 }), classes: fc.integer({ min: 1, max: 100 }) }),
  },
  { requiredKeys: ["input", "stem", "stages"] },
);

test("random valid specs resolve, and their blocks fit together", () => {
  fc.assert(
    fc.property(validSpec, (spec) => {
      const { resolved } = parseSpecText(JSON.stringify(spec), "random.json");
      let channels = resolved.stem?.channels;
      for (const block of resolved.blocks) {
        assert.is(block.inputChannels, channels);
        if (block.residual && !("shortcut" in block))
          assert.ok(block.stride === 1 && block.channels === channels);
        channels = block.channels;
      }
      assert.is(new Set(resolved.blocks.map((block) => block.stage)).size, spec.stages.length);
    }),
    { numRuns: 100 },
  );
});

/** Replaces the value at one place of a JSON value, chosen by `pick`, by `by`. */
function replaceAt(value: unknown, pick: number, by: unknown): unknown {
  if (typeof value !== "object" || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[pick % (keys.length + 1)];
  if (key === undefined) return by;
  const inner = replaceAt((value as Record<string, unknown>)[key], Math.floor(pick / (keys.length + 1)), by);
  return Array.isArray(value)
    ? value.map((each, i) => (String(i) === key ? inner : each))
    : { ...value, [key]: inner };
}

function refusedOrRead(text: string): void {
  try {
    parseSpecText(text, "random.json");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    assert.ok(error.diagnostics.length > 0);
    for (const { code, message, range, file } of error.diagnostics) {
      assert.match(code, /^(spec|pass)\//);
      assert.ok(message.length > 0 && (range !== undefined || file !== undefined));
    }
  }
}

test("a random value anywhere in a spec gives diagnostics with places, never another error", () => {
  fc.assert(
    fc.property(validSpec, fc.nat(), fc.jsonValue({ maxDepth: 3 }), (spec, pick, by) => {
      refusedOrRead(JSON.stringify(replaceAt(spec, pick, by)));
    }),
    { numRuns: 300 },
  );
});

test("a text cut or changed anywhere gives diagnostics with places, never another error", () => {
  fc.assert(
    fc.property(validSpec, fc.nat(), fc.nat({ max: 5 }), fc.string(), (spec, at, length, by) => {
      const text = JSON.stringify(spec, null, 1);
      const start = at % text.length;
      refusedOrRead(text.slice(0, start) + by + text.slice(start + length));
    }),
    { numRuns: 300 },
  );
});

test("a random block string gives a stage or diagnostics at its tokens", () => {
  const token = fc.oneof(
    fc.constantFrom(
      "ir",
      "ds",
      "dsa",
      "er",
      "cn",
      "skip",
      "noskip",
      "nre",
      "nhs",
      "se0.25",
      "gs4",
      "__proto__",
    ),
    fc
      .tuple(fc.constantFrom("r", "k", "s", "e", "c", "se", "i", "o", "constructor"), fc.nat({ max: 20 }))
      .map((parts) => parts.join("")),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
      refusedOrRead(JSON.stringify({ stem: { channels: 8 }, stages: [tokens.join("_")] }));
    }),
    { numRuns: 300 },
  );
});

test("random text is refused", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      refusedOrRead(text);
    }),
    { numRuns: 300 },
  );
});

test.run();
