// How users compile: a configuration for each way in which TypeScript resolves a package, and a file that imports every entry.
import type { Project } from './installed-project.ts'

/** Each compiles `consumer` and `entries`, in the formats that the resolution knows. */
const settings = {
  node10: { files: ['consumer.ts', 'entries.ts'], options: { module: 'commonjs', moduleResolution: 'node10' } },
  node16: {
    files: ['consumer.cts', 'consumer.mts', 'entries.cts', 'entries.mts'],
    options: { module: 'node16', moduleResolution: 'node16' },
  },
  bundler: { files: ['consumer.ts', 'entries.ts'], options: { module: 'esnext', moduleResolution: 'bundler' } },
} as const

export type Resolution = keyof typeof settings
export const resolutions = Object.keys(settings) as Resolution[]

/** @param further options of the compiler */
export function writeTypeChecks(project: Project, entries: readonly string[], further: Readonly<Record<string, unknown>> = {}): void {
  const text = entries.map((entry, index) => `import * as entry${index} from '${entry}'\nvoid entry${index}\n`).join('')
  for (const file of ['entries.ts', 'entries.cts', 'entries.mts']) project.write(file, text)
  for (const [name, { files, options }] of Object.entries(settings)) {
    const compilerOptions = { ...options, target: 'es2022', strict: true, types: ['node'], outDir: name, skipLibCheck: true, ...further }
    project.write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files }))
  }
}
