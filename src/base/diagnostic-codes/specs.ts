import type { CodeFamily } from "./family.js";

/** What specs, pipelines of passes and the IR's text say wrong. The rules of specs are `SPEC_RULES`. */
export const specCodes = {
  spec: {
    about: "Specs",
    refused: {
      "block-string":
        "A block string that can't be read. The message names the part; docs/spec.md has the grammar.",
      "circular-extends": "A spec extends itself, by way of others. Break the circle that the message shows.",
      definition:
        "A block of the spec's own, or a stage that reads named values, can't mean what it says. The place is inside of the expression, layer or stage.",
      "duplicate-key": "A key stands twice in one object. Take one of them out.",
      empty: "The file is empty. `ecagen init` writes a first spec.",
      encoding: "The file is no text in UTF-8. Save it as such.",
      invalid: "A value of the right type that is no such value. The message says what it must be.",
      "invalid-name":
        "A name with characters that such names can't have. The message lists those that are possible.",
      "is-folder": "The path names a folder. Name the file in it.",
      "missing-key": "A key is missing that the object must have. The hint says what it is for.",
      "not-found":
        "There is no such file, and no spec of that name ships with ecagen. `ecagen list` shows those that do.",
      model:
        "The file is a model of another format, or weights, where a spec is read. The hint says how ecagen gets to it.",
      names:
        "`names` speaks of what the network has not, leaves a layer out, or gives two weights one name. The hint says which there are.",
      number: "A number is too large for 64 bits. Write a smaller one.",
      onnx: "The file is an ONNX file where a spec is read. `ecagen inspect` and `ecagen rewrite` take it.",
      "out-of-range":
        "A number, or the length of a list, is outside of its limits. The message names the limit.",
      "pass-option": "An option of a pass in `passes` is wrong. docs/spec.md lists the options of each pass.",
      "refused-key": "A key that means something to every object of JavaScript. Choose another name.",
      syntax: "The text is no JSON. Comments and trailing commas are allowed, everything else is as in JSON.",
      "too-complex":
        "Objects are nested too deeply, there are too many of them, or too many specs extend one another.",
      "too-large": "The file has over 16 MiB, which no spec needs.",
      "unknown-attention":
        "There is no gate of that type. The hint names the nearest; docs/attention.md lists all.",
      "unknown-block": "There is no block of that type, and `blocks` defines none of that name.",
      "unknown-key": "The object has no such key. The hint names the nearest.",
      "unknown-layer": "There is no layer of that kind in definitions. The hint names the nearest.",
      "unknown-pass": "There is no pass of that name. The hint names the nearest.",
      "unknown-selection": "There is no selection between branches of that type. The hint names the nearest.",
      "unknown-word": "The value is none of the words that are possible. The message lists them.",
      unreadable: "The file can't be read. The message has the system's reason.",
      "wrong-type":
        "A value is of another type than the one that belongs there. Numbers stand without quotes.",
    },
    failed: {
      expectation: "The network has not the numbers of `expect`. Correct the network, or the number.",
    },
  },
  pass: {
    about: "Passes",
    refused: {
      insert: "`--at` is given once for all gates of `--insert`, or once for each.",
      lowered: "A pass about gates comes after `lower-attention`, which took them apart. Put it before.",
      "no-gate": "The network has no gate that the pass was asked for. The hint says which gates it has.",
      "no-linear-neighbour":
        "`insert-attention{factor=fold}` found no layer beside a gate that can take its factor. `factor=auto` keeps it as a product.",
      "no-site": "`insert-attention` has no layer where `at` says. The hint says which layers there are.",
      "no-start":
        "A gate can't stand behind a layer, or can't start as the identity there, for the reason that is said.",
      "not-lowered":
        "`lower-precision` takes operators, and an op of the network is none. Put it after the lowering passes.",
      option: "An option in a pipeline's text is wrong. docs/spec.md lists the options of each pass.",
      unknown: "There is no pass of that name. The hint names the nearest.",
    },
    failed: {
      "changed-values":
        "`--check-passes` found that a pass changes what the network computes. Report it, with the spec.",
    },
    warned: {
      "no-match": "A pass did not find what its options name. Where it could not go on, the exit code is 2.",
      undecided:
        "`--check-passes` can't tell whether a pass keeps the values: rounding alone differs as much.",
    },
  },
  pipeline: {
    about: "Pipelines as text",
    refused: {
      syntax:
        "The text is no pipeline: `swap-attention{to=eca},fold-batch-norm` is one. The place is that of the mistake.",
    },
  },
  ir: {
    about: "The IR",
    refused: {
      syntax: "The text is no IR that can be read. The place is that of the mistake.",
      type: "A layer can't stand where it does: the maps that it gets have other shapes. The message names the op.",
    },
  },
  precision: {
    about: "Half precision",
    warned: {
      saturated: "Numbers are beyond what float16 holds. Keep the layers that the message names in float32.",
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;

/** The rules of specs by name; `spec/NAME` is the code of what one refuses. Each is a file in `language/rules/`. */
export const SPEC_RULES = [
  "kernel-is-odd",
  "stride-fits-kernel",
  "groups-are-given-once",
  "groups-divide-channels",
  "residual-needs-equal-shapes",
  "shortcuts-fit-their-branch",
  "preactivated-blocks-end-in-a-convolution",
  "unexpanded-blocks-keep-their-channels",
  "scaled-channels-stay-in-range",
  "map-stays-large-enough",
  "gates-have-a-place",
  "attention-fits-its-site",
  "drop-path-needs-a-residual",
  "network-is-not-too-deep",
  "every-block-is-needed",
  "features-have-a-place",
  "outputs-have-names-of-their-own",
  "networks-have-an-output",
  "preprocessing-fits-the-input",
  "labels-name-each-class",
  "detection-fits-its-heads",
  "signals-have-one-axis",
] as const;
