// Preloaded with --import: prints every module that is asked for on stderr, as `import NAME`.
import { register } from "node:module";

const hook = `export async function resolve(specifier, context, next) {
  process._rawDebug("import " + specifier);
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
