/** The tables of a report that can be had by themselves. */
export const TABLE_PARTS = ["summary", "changes", "blocks", "gates", "passes"] as const;

export type TablePartName = (typeof TABLE_PARTS)[number];

/** Its charts. */
export const CHART_PARTS = ["parameters", "macs", "gates"] as const;

export type ChartPart = (typeof CHART_PARTS)[number];
