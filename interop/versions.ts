// The versions of packages, from the manifest or the lock file that pins them.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from './rows.ts'
import type { InstallationName } from './installations.ts'

const manifests: Partial<Record<InstallationName, readonly [file: string, pattern: (name: string) => string]>> = {
  javascript: ['javascript/package.json', (name) => `"${name}": "([^"]+)"`],
  python: ['python/requirements.txt', (name) => `^${name}(?:\\[\\w+\\])?==(.+)$`],
  pyjwt: ['pyjwt/requirements.txt', (name) => `^${name}(?:\\[\\w+\\])?==(.+)$`],
  ansible: ['ansible/requirements.txt', (name) => `^${name}==(.+)$`],
  go: ['go/go.mod', (name) => `${name} v(\\S+)`],
  rust: ['rust/Cargo.lock', (name) => `name = "${name}"\nversion = "([^"]+)"`],
  kcadm: ['installations.ts', () => `kcadmVersion = '([^']+)'`],
}

/** "PyJWT 2.15.1"; several packages are separated by commas. */
export function versionsOf({ installation, packages }: Row): string {
  return packages.map((name) => `${name} ${versionOf(installation, name)}`).join(', ')
}

function versionOf(installation: InstallationName, name: string): string {
  if (installation === 'apache') return spawnSync('dpkg-query', ['-W', '-f=${Version}', name], { encoding: 'utf8' }).stdout
  const [file, pattern] = manifests[installation] ?? [
    `java/${installation}/pom.xml`,
    (artifact: string) => `<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)<`,
  ]
  const [, version] = new RegExp(pattern(name), 'm').exec(readFileSync(join(import.meta.dirname, file), 'utf8')) ?? []
  if (version === undefined) throw new Error(`${file} names no version of ${name}`)
  return version
}
