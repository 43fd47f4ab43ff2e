// Preloaded with --import: adds every module that is asked for to the file $IMPORT_LOG, as `import NAME`; also
// in processes that are started from there.
import { register } from "node:module";

const hook = `import { appendFileSync } from "node:fs";
export async function resolve(specifier, context, next) {
  appendFileSync(process.env.IMPORT_LOG, "import " + specifier + "\\n");
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
