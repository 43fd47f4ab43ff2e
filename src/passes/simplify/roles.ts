import type { Parameter, ParameterRole } from "../../ir/graph.js";

/** The role of what is computed of parameters: what training changes stays trainable. */
export function strongestRole(parameters: readonly Pick<Parameter, "role">[]): ParameterRole {
  const roles = new Set(parameters.map(({ role }) => role));
  if (roles.has("trainable")) return "trainable";
  return roles.has("buffer") ? "buffer" : "fixed";
}
