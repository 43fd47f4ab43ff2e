/**
 * The blocks that node names show, as exporters write them: paths of modules, in which children of a list are numbered.
 *
 *     /blocks/blocks.1/blocks.1.0/conv_pw     timm        blocks, blocks.1, blocks.1.0
 *     /layer1/layer1.0/conv1                  ResNet      layer1, layer1.0
 *     /features/features.4/block/block.2      torchvision features, features.4
 *     /stages/2/blocks/0/expand               ecagen      stages, 2, blocks, 0
 *     /block2a_expand_conv                    Keras       block2, block2a
 */

/** A numbered child of a list, in PyTorch's names or as a number alone. */
const NUMBERED = /^(?:.*\.)?\d+$/;
/** What is between a numbered stage and its numbered blocks. */
const LIST = /^(?:blocks|layers|stages|units)$/;
/** Keras has no paths; the layer's name begins with its block's. */
const KERAS = /^\/(?:.*\/)?((?:(block\d+)[a-z]|(conv\d+)_block\d+|block_\d+|expanded_conv(?:_\d+)?))_[^/]*/;

/**
 * The numbered modules around a node, outermost first, as paths: `/blocks/blocks.1`, `/blocks/blocks.1/blocks.1.0`.
 * Stages and blocks: what is numbered inside of a block, as the layers of a gate, is left out.
 */
export function numberedModules(scope: string): readonly string[] {
  const keras = KERAS.exec(scope);
  if (keras !== null) {
    const [, block = "", stage, group] = keras;
    return [stage ?? group ?? "", block].filter((each) => each !== "");
  }
  const parts = scope.split("/").slice(1);
  const found: string[] = [];
  let lists = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    if (NUMBERED.test(part)) found.push(`/${parts.slice(0, i + 1).join("/")}`);
    else if (found.length > 0 && (!LIST.test(part) || lists++ > 0)) break;
  }
  return found;
}

/** What two lists of modules begin with in common. */
export function commonModules(a: readonly string[], b: readonly string[]): readonly string[] {
  const differs = a.findIndex((module, i) => module !== b[i]);
  return differs < 0 ? a : a.slice(0, differs);
}

/** The module that holds a numbered one: `/layer1` of `/layer1/layer1.0`. */
export function parentModule(modules: readonly string[]): string | undefined {
  const [outer, inner] = [modules.at(-2), modules.at(-1)];
  if (outer !== undefined || inner === undefined) return outer;
  return inner.startsWith("/") ? inner.slice(0, inner.lastIndexOf("/")) : undefined;
}
