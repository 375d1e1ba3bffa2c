// How the reader starts this command, for texts that name the next one: by npm in a clone, which runs the sources, otherwise as installed.

/** Whether this is a clone, with its scripts and examples. */
export const isClone = import.meta.url.endsWith('.ts')

/** Without arguments. Under "npx" it is the name of the package: "npx countersign" would look for a package of that name. */
export const ownName = isClone
  ? 'npm run countersign --'
  : process.env['npm_command'] === undefined
    ? 'countersign'
    : 'npx @countersign/cli'

export const demoName = isClone ? 'npm start' : `${ownName} demo`
