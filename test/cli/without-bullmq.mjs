// Preloaded with --import: makes the optional package bullmq as absent as where it was not installed.
import { register } from "node:module";

const hook = `export async function resolve(specifier, context, next) {
  if (specifier !== "bullmq") return next(specifier, context);
  throw Object.assign(new Error("Cannot find package 'bullmq'"), { code: "ERR_MODULE_NOT_FOUND" });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
