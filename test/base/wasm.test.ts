import { suite } from "uvu";
import * as assert from "uvu/assert";
import { f64x2, i32, instantiate, repeat, wasmFunction, wasmModule, when } from "../../src/base/wasm.js";

const test = suite("base: WebAssembly");

interface Scaling {
  scale(from: number, end: number, factor: number, rounds: number): void;
}

/** Numbers from `from` to `end`, two at a time, times the one at `factor`, and rounded to float32 or not. */
const scale = wasmFunction(
  "scale",
  ["from", "end", "factor", "rounds"],
  { i32: [], v128: ["x"] },
  ({ from, end, factor, rounds, x }) => [
    repeat(
      [
        x.set(f64x2.mul(f64x2.load(from.get), f64x2.twice(factor.get))),
        when(rounds.get, [x.set(f64x2.rounded(x.get))]),
        f64x2.store(from.get, x.get),
        from.set(i32.add(from.get, i32.of(16))),
      ],
      i32.isLess(from.get, end.get),
    ),
  ],
);

/** Writes the numbers at the two addresses that stand at 0 and 4, and their double, behind one another from 1024 on. */
const gather = wasmFunction("gather", [], { i32: ["a", "b"], v128: ["x"] }, ({ a, b, x }) => [
  a.set(i32.load(i32.of(0))),
  b.set(i32.load(i32.of(0), 4)),
  x.set(f64x2.pair(a.get, b.get)),
  f64x2.store(i32.of(1024), x.get),
  f64x2.store(i32.of(1000), f64x2.add(x.get, x.get), 40),
]);

test("loops and conditions do what they say", () => {
  const { memory, ...module } = instantiate<Scaling>(wasmModule([scale]));
  for (const rounds of [0, 1]) {
    const numbers = new Float64Array(memory.buffer, 0, 7);
    numbers.set([1, 2, 3, 4, 5, 6, 0.1]);
    module.scale(0, 32, 48, rounds);
    const round = rounds === 1 ? Math.fround : (x: number): number => x;
    assert.equal([...numbers], [...[1, 2, 3, 4].map((x) => round(x * 0.1)), 5, 6, 0.1]);
  }
});

test("several functions stand in one module, whose addresses and sizes may take several bytes", () => {
  const { memory, ...module } = instantiate<Scaling & { gather(): void }>(wasmModule([scale, gather]));
  new Uint32Array(memory.buffer, 0, 2).set([512, 65_000]);
  new DataView(memory.buffer).setFloat64(512, 1 / 3, true);
  new DataView(memory.buffer).setFloat64(65_000, -7, true);
  module.gather();
  assert.equal([...new Float64Array(memory.buffer, 1024, 4)], [1 / 3, -7, 2 / 3, -14]);
});

test("the memory grows", () => {
  const { memory } = instantiate(wasmModule([scale]));
  assert.is(memory.buffer.byteLength, 65_536);
  memory.grow(3);
  assert.is(memory.buffer.byteLength, 4 * 65_536);
});

test.run();
