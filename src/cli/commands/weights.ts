import { defineGroup } from "./command-group.js";
import { weightsDiffCommand } from "./weights-diff.js";
import { weightsInspectCommand } from "./weights-inspect.js";

export const weightsCommand = defineGroup({
  name: "weights",
  doc: "Look into files of weights and compare them",
  commands: [weightsInspectCommand, weightsDiffCommand],
});
