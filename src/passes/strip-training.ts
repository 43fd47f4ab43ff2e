import * as z from "zod";
import { definitionOf } from "../ir/ops/registry.js";
import { rewriteGraph } from "../ir/rewrite.js";
import { definePass } from "./engine/pass.js";

/** `y = dropout(x)`, `y = drop_path(x)` → `y = x`: at inference they do nothing. */
export const stripTraining = definePass({
  name: "strip-training",
  doc: "Removes ops that only act in training: dropout and drop path.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  run: (graph) =>
    rewriteGraph(graph, "strip-training", (op) =>
      definitionOf(op.kind).trainingOnly === true ? op.operands[0] : undefined,
    ),
});
