import { defineGroup } from "./command-group.js";
import { weightsConvertCommand } from "./weights-convert.js";
import { weightsDiffCommand } from "./weights-diff.js";
import { weightsInspectCommand } from "./weights-inspect.js";

export const weightsCommand = defineGroup({
  name: "weights",
  doc: "Look into files of weights, rename and compare them",
  commands: [weightsInspectCommand, weightsConvertCommand, weightsDiffCommand],
});
