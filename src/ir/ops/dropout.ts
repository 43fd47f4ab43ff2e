import { defineTrainingOnly } from "./training-only.js";

export const dropout = defineTrainingOnly({
  name: "dropout",
  doc: "training: zeroes single activations with probability rate; inference: x",
  source: "Srivastava et al., Dropout (JMLR 2014)",
});
