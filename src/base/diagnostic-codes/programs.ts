import type { CodeFamily } from "./family.js";

/** What is wrong where programs are generated. */
export const programCodes = {
  codegen: {
    about: "`ecagen codegen`",
    refused: {
      "changed-files": [
        "Generated files were changed by hand, and would be overwritten.",
        "Save your changes, then add `--force`; or name another folder.",
      ],
      "element-type": [
        "An input or output has an element type that the generated package does not take.",
        "Convert the model's inputs and outputs to float32.",
      ],
      "external-data": [
        "The model's weights are in separate files, and a package holds one file.",
        "Export the model without external data.",
      ],
      "foreign-files": [
        "Files that ecagen did not generate are in the way.",
        "Name another folder, or overwrite them with `--force`.",
      ],
      "foreign-folder": [
        "The folder has files that ecagen did not generate.",
        "Name another folder, or write into it with `--force`.",
      ],
      inserted: [
        "A gate was inserted after a layer that is not a separate module in PyTorch, such as a layer shared by heads.",
        "Insert it behind another layer.",
      ],
      lowered: [
        "A pass lowered or folded what a module for training needs whole.",
        "Leave that pass out: `compile` does it by itself.",
      ],
      manifest: [
        "A template has the name of the file in which ecagen lists what it generated.",
        "Rename the template.",
      ],
      "no-classifier": [
        "The network has no classes, and a page shows classes.",
        "Generate `--lang ts` instead.",
      ],
      "no-templates": [
        "The folder has no templates.",
        "Name files as docs/templates.md says: `NAME.mustache`.",
      ],
      "open-sizes": [
        "An input or output has no batch, or other open sizes, and the network is no detector of one image.",
        "Fix the sizes when you export the model.",
      ],
      "own-templates": [
        "The output would be written into the folder of the templates.",
        "Name another output folder.",
      ],
      "page-batch": ["`--batch` was given for a page, which runs one picture at a time.", "Leave it out."],
      reshaped: [
        "The framework stores a parameter in another shape than the module has.",
        "Leave `--names` out, and convert the weights with `ecagen weights convert`.",
      ],
      "variant-weights": [
        "`--variant-weights` names a variant that does not exist, or the language has no variants.",
        "Name one of the variants in the message, or leave the flag out.",
      ],
      what: ["It is not clear what to generate.", "Give either `--lang` or `--templates`."],
    },
    warned: {
      "no-variant": [
        "A variant of the network can't be built, so the page does not show it.",
        "Nothing, if you don't need it. The message has the reason.",
      ],
    },
  },
  templates: {
    about: "Templates of your own",
    refused: {
      circle: [
        "A partial includes itself, directly or through others.",
        "Break the circle that the message shows.",
      ],
      "file-name": [
        "A template's file name, with its tags filled in, is not a valid file name.",
        "Use `{{name.kebab}}`, which always is one.",
      ],
      list: [
        "A tag names a list as if it were one value.",
        "Go through its items with a section: `{{#blocks}} … {{/blocks}}`.",
      ],
      "no-escape": [
        "The value can be any text, and ecagen has no escape for files with that ending.",
        "Use one of the escaped forms that docs/templates.md lists, as `.json`.",
      ],
      object: ["A tag names an object with several values.", "Name one of its values; the hint lists them."],
      "same-file": ["Two templates would write the same file.", "Rename one of them."],
      syntax: ["The template can't be parsed.", "Fix the tag at the place in the message."],
      "unknown-name": [
        "There is no such value.",
        "Use the nearest name, which the hint has; docs/templates.md lists all.",
      ],
      "unknown-part": ["There is no such partial.", "Create the file that the hint names."],
    },
  },
} as const satisfies Readonly<Record<string, CodeFamily>>;
