import type { JsonPath } from "../../base/json-path.js";
import { listedGates } from "../attention.js";
import { factsOf, positionsOf, type ResolvedBlock } from "../blocks/registry.js";
import type { ResolvedGate } from "../resolved-part.js";
import type { Report, SpecRule } from "./rule.js";

export const gatesHaveAPlace: SpecRule = {
  name: "gates-have-a-place",
  doc: "A gate's `position` must be one that the block has, and its `blocks` must be blocks of the stage.",
  remedy: "Choose another `position`, or indexes of blocks that the stage has.",
  check({ written, resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      for (const gate of block.gates) checkPosition(block, gate, report);
    }
    written.gates.forEach((gates, i) => {
      const count = resolved?.blocks.filter((block) => block.stage === i).length;
      for (const { gate, item } of listedGates(gates)) {
        const path: JsonPath = ["stages", i, "attention", ...(item === undefined ? [] : [item]), "blocks"];
        gate.blocks?.forEach((index, at) => {
          if (count === undefined || index < count) return;
          report([...path, at], `there is no block ${index}: the stage has ${count}, and the first is 0`);
        });
      }
    });
  },
};

function checkPosition(block: ResolvedBlock, { position, specPath }: ResolvedGate, report: Report): void {
  const { residual, index } = block;
  const possible = positionsOf(block);
  const place = [...specPath, "position"];
  if (!possible.includes(position)) {
    const type = block.block === "defined" ? block.definition : block.block;
    report(
      place,
      `a block of type ${type} has no place "${position}" for a gate`,
      `possible: ${possible.join(", ")}`,
    );
  } else if (position.startsWith("identity") && !residual) {
    report(
      place,
      `block ${index} of the stage has no shortcut for a gate`,
      "name the blocks that have one in `blocks`",
    );
  } else if (position === "convolution" && !keepsItsMap(block)) {
    report(
      place,
      `the spatial convolution of block ${index} changes the map, which no gate can do in its place`,
      "name the blocks without a stride in `blocks`",
    );
  }
}

/** Whether the spatial convolution has a stride of 1 and as many channels before as after it. */
function keepsItsMap(block: ResolvedBlock): boolean {
  const { inputs, channels, stride } = factsOf(block).spatial;
  return stride === 1 && inputs === channels;
}
