import { parseArgs } from "node:util";
import { figuresOf } from "./figures.js";
import { returnsOf } from "./way.js";

/**
 * The figures of the floor plan, for any tree of ecagen: how far a reader walks who follows a spec, and what stands twice. Prints one row for
 * each figure with one column for each `--tree` (default: this one), as a table in Markdown; `--json` prints them as JSON, `--way` the
 * functions on a spec's way, with an arrow where it returns into a room that it had left.
 *
 *     git worktree add ../before f48dee5
 *     npm run house -- --tree ../before --tree .
 *
 * What each figure counts stands beside its function: `way.ts`, `gate.ts`, `figures.ts`, `circles.ts`.
 */
const { values } = parseArgs({
  options: {
    tree: { type: "string", multiple: true, default: ["."] },
    json: { type: "boolean", default: false },
    way: { type: "boolean", default: false },
  },
});

const trees = await Promise.all(values.tree.map(async (tree) => ({ tree, ...(await figuresOf(tree)) })));

if (values.json) {
  const plain = trees.map(({ tree, figures }) => [
    tree,
    Object.fromEntries(figures.map(({ name, value }) => [name, value])),
  ]);
  console.log(JSON.stringify(Object.fromEntries(plain), null, 2));
} else if (values.way) {
  for (const { way } of trees) {
    const returns = new Set(returnsOf(way));
    for (const step of way)
      console.log(`${returns.has(step) ? "→" : " "} ${step.file} ${step.name} (${step.forms.join(", ")})`);
  }
} else {
  const [first] = trees;
  console.log(`| figure | ${trees.map(({ tree }) => tree).join(" | ")} |`);
  console.log(`|---|${trees.map(() => "---:").join("|")}|`);
  first?.figures.forEach(({ name }, i) => {
    console.log(
      `| ${name} | ${trees.map(({ figures }) => figures[i]?.value.toLocaleString("en-US")).join(" | ")} |`,
    );
  });
}
