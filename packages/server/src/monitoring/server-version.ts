/** Of this package, as its package.json has it; the published bundle has no such file beside it. */
export const serverVersion = '0.1.0'
