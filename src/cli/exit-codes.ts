/** The exit codes, which are part of the command line's contract. */
export const EXIT = { fine: 0, checkFailed: 1, badInput: 2, noDevice: 3, defect: 70 } as const;
