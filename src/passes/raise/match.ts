import type { TensorType } from "../../ir/types.js";
import type { GatePath } from "./path.js";
import type { RaisedModule } from "./raised.js";
import type { Step } from "./step.js";

/**
 * What a path to a gate is as one kind of module, for a gated map of the type. Undefined where the steps are others;
 * a mismatch where they are the module's and something about them is not.
 */
export type ChannelGateMatch = (path: GatePath, x: TensorType) => RaisedModule | undefined;

type StepOf<K extends Step["kind"]> = Step & { readonly kind: K };

/** The steps, if they are of these kinds and no others. */
export function stepsOf<const K extends readonly Step["kind"][]>(
  { steps }: Pick<GatePath, "steps">,
  ...kinds: K
): { readonly [I in keyof K]: StepOf<K[I]> } | undefined {
  const fits = steps.length === kinds.length && steps.every((step, i) => step.kind === kinds[i]);
  return fits ? (steps as unknown as { readonly [I in keyof K]: StepOf<K[I]> }) : undefined;
}
