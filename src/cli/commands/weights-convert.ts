import { InputError } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { NAME_KINDS } from "../../driver/command-line.js";
import { sharedOptions, specFlags, specOptions } from "../options.js";
import { withProgress } from "../progress.js";
import { listedNames } from "../weights-notes.js";
import { defineCommand } from "./command.js";

export const weightsConvertCommand = defineCommand({
  usage: "convert <file>",
  doc: "Convert weights to the names of another framework, as a safetensors file",
  positionals: {
    file: {
      type: "string",
      demandOption: true,
      describe: "The weights, a file or folder; the names are detected",
    },
  },
  options: {
    output: { alias: "o", type: "string", demandOption: true, requiresArg: true, describe: "The new file" },
    names: { choices: NAME_KINDS, demandOption: true, describe: "Names to write" },
    spec: { type: "string", requiresArg: true, describe: "The spec of the network" },
    from: {
      choices: NAME_KINDS,
      describe: "Names of the weights [default: detected]",
    },
    ...specFlags,
    "allow-missing": sharedOptions["allow-missing"],
    "weights-key": sharedOptions["weights-key"],
  },
  examples: [
    [
      "ecagen weights convert resnet50.safetensors --spec specs/resnet50.json --names ecagen -o own.safetensors",
      "ecagen's own names",
    ],
    [
      "ecagen weights convert b0.pth --spec specs/b0-se.json --names torchvision -o b0-tv.safetensors",
      "timm's to torchvision's",
    ],
  ],
  async run(args) {
    const { file, output, names, spec } = args;
    if (spec === undefined) {
      throw InputError.of("weights/no-spec", "weights convert needs the network: --spec FILE", {
        hint: "names alone don't identify the layers; ecagen list shows the available specs, as in --spec specs/b0-se.json",
      });
    }
    const { convertWeights } = await import("../../driver/weights/convert.js");
    const report = await withProgress((progress) =>
      convertWeights(file, {
        output,
        spec,
        to: names,
        from: args.from,
        allowMissing: args["allow-missing"],
        ...specOptions(args),
        weightsKey: args["weights-key"],
        onProgress: progress.update,
      }),
    );
    const { from, to } = report;
    return {
      json: report,
      warnings: report.warnings,
      notes: [
        ...report.notes,
        ...listedNames("not in the file, so not written", report.missing),
        ...listedNames("unused, because the network has no place for them", report.unused),
      ],
      text: () =>
        `${oneVisibleLine(report.output)}: ${count(report.tensors)} tensors, ${count(report.bytes)} bytes, from the names of ${from.names} (${from.family}) to those of ${to.names} (${to.family})\n`,
    };
  },
});
