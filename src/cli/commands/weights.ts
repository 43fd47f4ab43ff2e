import { defineGroup } from "./command-group.js";
import { weightsConvertCommand } from "./weights-convert.js";
import { weightsDiffCommand } from "./weights-diff.js";
import { weightsInspectCommand } from "./weights-inspect.js";

export const weightsCommand = defineGroup({
  name: "weights",
  doc: "Inspect, rename and compare files of weights",
  commands: [weightsInspectCommand, weightsConvertCommand, weightsDiffCommand],
});
