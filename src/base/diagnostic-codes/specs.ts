import type { CodeFamily } from "./family.js";

/** What specs, pipelines of passes and the IR's text say wrong. The rules of specs are `SPEC_RULES`. */
export const specCodes = {
  spec: {
    about: "Specs",
    refused: {
      "block-string": [
        "A block string can't be read.",
        "Fix the part that the message names, or write the stage as an object; docs/spec.md has the grammar.",
      ],
      "circular-extends": [
        "A spec extends itself, through others.",
        "Break the circle that the message shows.",
      ],
      definition: [
        "A block that the spec defines, or a stage that reads named values, is not valid.",
        "Fix the expression, layer or stage at the place in the message.",
      ],
      "duplicate-key": ["A key occurs twice in one object.", "Remove one of them."],
      empty: ["The file is empty.", "Write a spec: `ecagen init` makes a first one."],
      encoding: ["The file is not UTF-8 text.", "Save it as UTF-8."],
      invalid: ["A value has the right type but is not allowed.", "Write a value that the message allows."],
      "invalid-name": [
        "A name has characters that are not allowed there.",
        "Use those that the message lists.",
      ],
      "is-folder": ["The path is a folder.", "Name the file in it."],
      "missing-key": ["An object lacks a required key.", "Add it; the hint explains it."],
      "not-found": [
        "There is no such file, and no spec of that name ships with ecagen.",
        "Check the path. `ecagen list` shows the specs that ship.",
      ],
      model: [
        "A spec is expected, but the file is a model in another format, or weights.",
        "Convert it as the hint shows.",
      ],
      names: [
        "`names` mentions something that the network does not have, leaves out a layer, or gives two weights one name.",
        "Use the names that the hint lists.",
      ],
      number: ["A number is too large for 64 bits.", "Write a smaller number."],
      onnx: [
        "A spec is expected, but the file is an ONNX file.",
        "Use `ecagen inspect` or `ecagen rewrite`, which accept ONNX files.",
      ],
      "out-of-range": [
        "A number or the length of a list is outside of its limits.",
        "Stay within the limits of the message.",
      ],
      "pass-option": [
        "An option of a pass in `passes` is wrong.",
        "Write it as docs/spec.md lists it for that pass.",
      ],
      "refused-key": ["The key is reserved: every JavaScript object has it.", "Choose another name."],
      syntax: [
        "The text is not JSON.",
        "Fix it at the place in the message. Comments and trailing commas are allowed.",
      ],
      "too-complex": [
        "Objects are nested too deeply, there are too many, or too many specs extend one another.",
        "Write the network with fewer levels.",
      ],
      "too-large": [
        "The file is larger than 16 MiB.",
        "Check that this is the spec: no spec needs that much.",
      ],
      "unknown-attention": [
        "There is no attention module of that type.",
        "Use the nearest, which the hint names; docs/attention.md lists all.",
      ],
      "unknown-block": [
        "There is no block of that type, and `blocks` does not define it.",
        "Use the name that the hint has, or define the block in `blocks`.",
      ],
      "unknown-key": [
        "The object has no such key.",
        "Use the nearest key, which the hint names, or remove it.",
      ],
      "unknown-layer": [
        "There is no layer of that type.",
        "Use the nearest, which the hint names; docs/spec.md lists all.",
      ],
      "unknown-pass": [
        "There is no pass of that name.",
        "Use the nearest, which the hint names; docs/spec.md lists all.",
      ],
      "unknown-selection": [
        "There is no selection between branches of that type.",
        "Use the nearest, which the hint names.",
      ],
      "unknown-word": ["The value is not one of the allowed words.", "Use one of the words in the message."],
      unreadable: [
        "The file can't be read.",
        "Fix the problem that the message reports, such as permissions.",
      ],
      "wrong-type": [
        "A value has the wrong JSON type.",
        "Write a value of the type in the message. Numbers have no quotes.",
      ],
    },
    failed: {
      expectation: [
        "The network does not have the numbers of `expect`.",
        "Correct the network, or the numbers if they are wrong.",
      ],
    },
  },
  pass: {
    about: "Passes",
    refused: {
      insert: [
        "`--at` was given neither once nor once for each `--insert`.",
        "Give it once for all gates, or once for each.",
      ],
      lowered: [
        "A pass on gates comes after `lower-attention`, which lowered them.",
        "Move it before `lower-attention`.",
      ],
      "no-gate": [
        "The network has no gate that the options of the pass select.",
        "Change the options; the hint lists the available gates.",
      ],
      "no-linear-neighbour": [
        "`insert-attention{factor=fold}` found no layer adjacent to a gate that can absorb its factor.",
        "Use `factor=auto`, which keeps the factor as a product.",
      ],
      "no-site": [
        "`insert-attention` found no layer that `at` selects.",
        "Choose one of the layers that the hint lists.",
      ],
      "no-start": [
        "A gate can't be inserted after a layer, or can't start as the identity there; the message has the reason.",
        "Choose another gate or another layer.",
      ],
      "not-lowered": [
        "`lower-precision` needs operators, and an op of the network is not lowered yet.",
        "Move it after the lowering passes.",
      ],
      option: [
        "An option in the text of a pipeline is wrong.",
        "Write it as docs/spec.md lists it for that pass.",
      ],
      unknown: ["There is no pass of that name.", "Use the nearest, which the hint names."],
    },
    failed: {
      "changed-values": [
        "`--check-passes` found that a pass changes what the network computes.",
        "Report it with the spec: a pass must not do that.",
      ],
    },
    warned: {
      "no-match": [
        "A pass did not find what its options select.",
        "Check the selectors: `ecagen stats` shows stages and blocks. Where the pass could not go on, the exit code is 2.",
      ],
      undecided: [
        "`--check-passes` can't tell whether a pass keeps the values, because rounding alone moves the outputs as much.",
        "Try other weights: trained ones, or the pass `stress-weights`.",
      ],
    },
  },
  pipeline: {
    about: "Pipelines as text",
    refused: {
      syntax: [
        "The text is not a pipeline.",
        "Write it as `swap-attention{to=eca},fold-batch-norm`; the message points to the mistake.",
      ],
    },
  },
  ir: {
    about: "The IR",
    refused: {
      syntax: ["The text can't be read as IR.", "Fix it at the place in the message."],
      type: [
        "A layer gets maps of a shape that it can't take.",
        "Change the layer that the message names, or what stands before it.",
      ],
    },
  },
  precision: {
    about: "Half precision",
    warned: {
      saturated: [
        "Numbers are larger than float16 can hold.",
        'Keep the layers that the message names in float32: `lower-precision{keep="/head/**"}`.',
      ],
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
