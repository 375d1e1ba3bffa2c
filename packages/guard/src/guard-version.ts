/** Of this package, as its package.json has it. Servers show it to operators. */
export const guardVersion = '0.1.0'
