/** The specs to start from: files of `templates/`. `block` defines a block of its own. */
export const SPEC_TEMPLATES = ["network", "block"] as const;
export type SpecTemplate = (typeof SPEC_TEMPLATES)[number];
