/** A network that stands beside others; the numbers are those of ecagen. */
export interface Variant {
  /** A name for keys and files. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** The ONNX file, from the page's folder. */
  readonly model: string;
  /** The passes of ecagen that made it of the spec's network; empty for that itself. */
  readonly passes: string;
  readonly gates: number;
  /** Trainable numbers, in all and in gates. */
  readonly parameters: number;
  readonly attentionParameters: number;
  /** Multiply-accumulates for one picture. */
  readonly macs: number;
  readonly weights: {
    /** Whether they were trained for this very network: if not, its classes mean little. */
    readonly trained: boolean;
    readonly text: string;
  };
}

/** What a spec says of its network. */
export interface NetworkText {
  readonly name: string;
  readonly description: string;
}
