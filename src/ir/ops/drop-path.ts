import { defineTrainingOnly } from "./training-only.js";

export const dropPath = defineTrainingOnly({
  name: "drop_path",
  level: "model",
  doc: "training: zeroes the whole branch of a residual block, image by image, with probability rate; inference: x",
  source: "Huang et al., Deep Networks with Stochastic Depth (ECCV 2016)",
});
