/** The environment variable that names the file of `movable-clock.ts`. */
export const clockVariable = 'COUNTERSIGN_SOAK_CLOCK'
