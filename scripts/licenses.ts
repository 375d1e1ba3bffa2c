// The texts that the licenses of bundled packages require to be included.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param holder what has the code, for the first line @param files the modules that were bundled */
export function licensesOf(holder: string, files: readonly string[]): string {
  const packages = new Set(files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []))
  const texts = [...packages].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    const [text] = globSync('{LICENSE,LICENCE,license}*', { cwd: folder })
    const body = text === undefined ? `License: ${license}` : readFileSync(join(folder, text), 'utf8').trim()
    return `${name} ${version}\n\n${body}\n`
  })
  return `${holder} code of these packages.\n\n${texts.toSorted().join(`\n${'-'.repeat(80)}\n\n`)}`
}
