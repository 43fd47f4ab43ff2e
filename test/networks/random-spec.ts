import { randomStream } from "../../src/base/random.js";
import { ACTIVATION_NAMES } from "../../src/ir/activations.js";

type Layer = Readonly<Record<string, unknown>>;

/** A map while layers are written. */
interface MapSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Layers, and the map that leaves them. */
interface Written {
  readonly layers: readonly Layer[];
  readonly map: MapSize;
}

/** Writes random specs, whose blocks are lists of all kinds of layers, and which are right. */
export class SpecWriter {
  readonly #uniform: () => number;
  #names = 0;

  constructor(seed: number) {
    const stream = randomStream(seed, "spec");
    this.#uniform = () => stream.uniform(0, 1);
  }

  spec(): object {
    const size = { height: this.#of([16, 20, 24]), width: this.#of([16, 20, 28]) };
    const blocks: Record<string, object> = {};
    const stages: object[] = [];
    let map: MapSize = { ...size, channels: 3 };
    for (let i = 0; i < 2 + this.#below(2); i++) {
      const { layers, map: leaving } = this.#list(map, 2 + this.#below(4));
      blocks[`block-${i}`] = { layers };
      stages.push({
        block: `block-${i}`,
        ...(this.#chance(0.3) ? { attention: this.#of(["eca", { type: "se", channels: 2 }]) } : {}),
      });
      map = leaving;
    }
    return {
      name: "random",
      input: { channels: 3, ...size },
      defaults: { activation: this.#of(ACTIVATION_NAMES), padding: this.#of(["symmetric", "same"]) },
      scaling: { divisor: 1 },
      blocks,
      stem: "none",
      stages,
      head: { classes: 7 },
    };
  }

  #list(map: MapSize, count: number): Written {
    // A convolution comes first, so that every block has weights.
    let written = this.#conv(map);
    for (let i = 0; i < count; i++) {
      const next = this.#piece(written.map, count);
      written = { layers: [...written.layers, ...next.layers], map: next.map };
    }
    return written;
  }

  #piece(map: MapSize, depth: number): Written {
    const { channels, height, width } = map;
    const even = height % 2 === 0 && width % 2 === 0 && height > 4 && width > 4;
    const small = height * width <= 200 && channels <= 32;
    const kept = (layer: Layer): Written => ({ layers: [layer], map });
    const pieces: (() => Written)[] = [
      () => this.#conv(map),
      () => this.#conv(map),
      () => kept({ layer: "norm", kind: this.#of(["batch", "layer"]) }),
      () => kept({ layer: "norm", kind: "group", groups: this.#of([1, channels]) }),
      () => kept({ layer: "activation", activation: this.#of(ACTIVATION_NAMES) }),
      () => kept({ layer: "leaky-relu", slope: this.#of([0.05, 0.2]) }),
      () => kept({ layer: "prelu" }),
      () => kept({ layer: "pool", kind: this.#of(["max", "average"]), kernel: 3 }),
      () => kept({ layer: "scale", factor: 1.5, trained: this.#of(["channels", "map"]) }),
      () => kept({ layer: "scale", factor: 0.7 }),
      () => kept({ layer: "attention" }),
      () =>
        kept({ layer: "attention", attention: this.#of(["eca", { type: "se", channels: 2, norm: true }]) }),
      () => this.#joined(map, depth),
      () => this.#joined(map, depth),
      () => this.#mean(map),
      () => ({
        layers: [{ layer: "pad", pads: [1, 0, 1, 2] }],
        map: { channels, height: height + 2, width: width + 2 },
      }),
    ];
    if (channels > 3) {
      const end = 2 + this.#below(channels - 2);
      pieces.push(() => ({
        layers: [{ layer: "slice", start: 1, end }],
        map: { ...map, channels: end - 1 },
      }));
    }
    const groups = [2, 3, 4].filter((each) => channels % each === 0);
    if (groups.length > 0) pieces.push(() => kept({ layer: "shuffle", groups: this.#of(groups) }));
    if (even) {
      const half = { height: height / 2, width: width / 2 };
      pieces.push(() => ({ layers: [{ layer: "blur-pool" }], map: { channels, ...half } }));
      pieces.push(() => ({
        layers: [{ layer: "space-to-depth", order: this.#of(["pixel", "channel"]) }],
        map: { channels: 4 * channels, ...half },
      }));
    }
    if (small) {
      const twice = { height: 2 * height, width: 2 * width };
      const mode = this.#of(["nearest", "bilinear"]);
      pieces.push(() => ({ layers: [{ layer: "upsample", mode }], map: { channels, ...twice } }));
      pieces.push(() => ({
        layers: [{ layer: "conv-transpose", channels: 6 }],
        map: { channels: 6, ...twice },
      }));
      if (channels % 4 === 0) {
        const order = this.#of(["pixel", "channel"]);
        pieces.push(() => ({
          layers: [{ layer: "depth-to-space", order }],
          map: { channels: channels / 4, ...twice },
        }));
      }
    }
    return this.#of(pieces)();
  }

  #conv(map: MapSize): Written {
    const kernel = this.#of([1, 3, 5]);
    const stride =
      map.height > 8 && map.width > 8 && map.height % 2 === 0 && map.width % 2 === 0 ? this.#of([1, 2]) : 1;
    const groups = this.#of([1, 2, 4].filter((each) => map.channels % each === 0));
    const channels = groups * (1 + this.#below(4)) * 2;
    const layer = {
      layer: "conv",
      channels,
      kernel,
      stride,
      groups,
      bias: this.#chance(0.3),
      norm: this.#chance(0.7),
      ...(kernel > 1 && this.#chance(0.3)
        ? { standardized: { scaled: this.#chance(0.5), gain: 1, factor: 1.5 } }
        : {}),
      ...(this.#chance(0.3) ? { activation: this.#of(["none", ...ACTIVATION_NAMES]) } : {}),
    };
    return { layers: [layer], map: { channels, height: map.height / stride, width: map.width / stride } };
  }

  /** A map with something made of it beside it, or named values that come together. */
  #joined(map: MapSize, depth: number): Written {
    const { channels } = map;
    const back = (): Layer => ({ layer: "conv", channels, kernel: this.#of([1, 3]), activation: "none" });
    if (this.#chance(0.5) || depth < 3) {
      const join = this.#of(["sum", "mean", "product", "concat"]);
      const layer = { layer: "branches", join, branches: [[], [{ layer: "prelu" }, back()]] };
      return { layers: [layer], map: join === "concat" ? { ...map, channels: 2 * channels } : map };
    }
    const [a, b] = [this.#name(), this.#name()];
    const how = this.#of(["sum", "product", "mean"]);
    return {
      layers: [
        { ...back(), as: a },
        { layer: "activation", activation: this.#of(ACTIVATION_NAMES) },
        { ...back(), as: b },
        { layer: "value", from: { [how]: [a, b] } },
      ],
      map,
    };
  }

  /** A map and its mean. */
  #mean(map: MapSize): Written {
    const [whole, mean] = [this.#name(), this.#name()];
    return {
      layers: [
        { layer: "value", as: whole },
        { layer: "global-pool", kind: this.#of(["average", "max"]) },
        { layer: "upsample", to: whole, as: mean },
        { layer: "value", from: { sum: [whole, mean] } },
      ],
      map,
    };
  }

  #name(): string {
    return `v${this.#names++}`;
  }

  #of<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }

  #below(count: number): number {
    return Math.floor(this.#uniform() * count);
  }

  #chance(part: number): boolean {
    return this.#uniform() < part;
  }
}
