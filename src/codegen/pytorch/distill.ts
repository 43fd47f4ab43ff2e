import { attentionKindOf } from "../../ir/attention/modules.js";
import { type Graph, type Op, sharedPlace } from "../../ir/graph.js";
import { placesOfInput } from "../../language/input.js";
import type { CodegenSubject, GeneratedFile, OldNetwork } from "../subject.js";
import { filledTemplate } from "../template-text.js";
import { modelText } from "./model.js";
import { type Literal, list, literal, printPython } from "./python.js";

/** The network before its gates were exchanged, where a gate of it is another one or gone; undefined otherwise. */
export function oldNetwork({ graph, old }: CodegenSubject): OldNetwork | undefined {
  return old !== undefined && (newGates(old.graph, graph).length > 0 || gatesGone(old.graph, graph))
    ? old
    : undefined;
}

/**
 * `distill.py` and `teacher.py`: the network before passes exchanged its gates, and the program that trains the new gates to do
 * what it does.
 */
export function distillationFiles(subject: CodegenSubject, old: OldNetwork): readonly GeneratedFile[] {
  const { spec, graph } = subject;
  const { input, head, neck, heads } = spec;
  const python = (value: Literal): string => printPython(literal(value));
  const paths = newGates(old.graph, graph).map((path) => literal(path));
  return [
    {
      path: "distill.py",
      text: filledTemplate("pytorch/distill.py", {
        input: python([input.channels, ...placesOfInput(input)]),
        gates: printPython(list(paths), "", 12),
        classifier: python(head !== undefined && neck === undefined && heads === undefined),
      }),
    },
    { path: "distances.py", text: filledTemplate("pytorch/distances.py", {}) },
    {
      path: "teacher.py",
      text: modelText({
        ...subject,
        ...old,
        spec: { ...spec, description: "the network before passes exchanged its gates" },
      }),
    },
  ];
}

/** What the README says of them; nothing without an old network. */
export function distillationWords(
  { graph }: CodegenSubject,
  old: OldNetwork | undefined,
  hasWeights: boolean,
): Readonly<Record<"distillFiles" | "distillText", string>> {
  if (old === undefined) return { distillFiles: "", distillText: "" };
  const hasNew = newGates(old.graph, graph).length > 0;
  const change = hasNew ? `made ${kindsOf(graph)} of ${kindsOf(old.graph)}` : "removed gates";
  const changes = `Passes ${change}, and \`teacher.py\` is the network before`;
  return {
    distillFiles: [
      "| `distill.py` | trains the new gates to do what the old ones did; `python distill.py --help` |\n",
      "| `teacher.py` | the network with the old gates |\n",
      "| `distances.py` | how far the one is from the other |\n",
    ].join(""),
    distillText: filledTemplate("pytorch/README-distill.md", {
      before: hasWeights ? `${changes}, \`teacher.safetensors\` its weights.` : `${changes}.`,
      flags: `${hasNew ? "" : " --norms"}${hasWeights ? "" : " --teacher-weights FILE"}`,
      learners: hasNew ? "The new ones" : "Scale and shift of the normalisations",
      learns: hasNew
        ? "Only the new gates\nlearn; `--norms` adds scale and shift of the normalisations, which gates without numbers for each channel, as ECA, mostly need."
        : "Nothing else learns.",
    }),
  };
}

/** The kinds of gates of a network, for people. */
function kindsOf({ ops }: Graph): string {
  const kinds = ops.flatMap(({ kind }) => attentionKindOf(kind)?.toUpperCase() ?? []);
  return [...new Set(kinds)].join(" and ") || "no gates";
}

/** The modules of the gates that passes made, by their paths. Of those that the network before has too, none. */
function newGates(old: Graph, graph: Graph): readonly string[] {
  const before = new Set(old.ops.filter(isMadeGate).map(madeAt));
  const made = graph.ops.filter((op) => isMadeGate(op) && !before.has(madeAt(op)));
  return [...new Set(made.map(({ loc }) => pathOf(graph, loc.scope)))];
}

function isMadeGate({ kind, loc }: Op): boolean {
  return attentionKindOf(kind) !== undefined && loc.pass !== undefined;
}

function madeAt({ loc }: Op): string {
  return `${loc.pass} ${loc.scope}`;
}

function gatesGone(old: Graph, graph: Graph): boolean {
  const gatesOf = ({ ops }: Graph) => ops.filter(({ kind }) => attentionKindOf(kind) !== undefined);
  const left = new Set(gatesOf(graph).map(({ loc }) => loc.scope));
  return gatesOf(old).some(({ loc }) => !left.has(loc.scope));
}

/** The path of a module; what the maps of a head share is one. */
function pathOf({ blocks }: Graph, scope: string): string {
  return (sharedPlace(blocks, scope)?.scope ?? scope).slice(1).replaceAll("/", ".");
}
