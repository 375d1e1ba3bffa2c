// Finds the programs of PostgreSQL, and the account to run them as: initdb and the server do not run as root.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { skipWithout } from '../installed-program.fixture.ts'

/** Value for the `skip` of a test: false, or why there is no PostgreSQL. */
export function skipWithoutPostgres(): string | false {
  // Otherwise the package would start its own database, on the usual port.
  const setting = '/etc/postgresql-common/createcluster.d/countersign-test.conf'
  return skipWithout({
    name: 'PostgreSQL',
    debianPackage: 'postgresql',
    isThere: () => findPrograms() !== undefined,
    before: `mkdir -p /etc/postgresql-common/createcluster.d && echo 'create_main_cluster = false' > ${setting}`,
    after: `rm -f ${setting}`,
  })
}

/** The path of a PostgreSQL program. @throws Error if it is missing */
export function postgresProgram(name: 'initdb' | 'postgres' | 'pg_basebackup'): string {
  const folder = findPrograms()
  if (folder === undefined) throw new Error('PostgreSQL is not installed: call skipWithoutPostgres() first')
  return join(folder, name)
}

/** Finds the newest version. Starts no process if the programs are in the usual place: every test server calls this. */
function findPrograms(): string | undefined {
  const isWhole = (folder: string) => folder !== '' && ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))
  const usual = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return usual.find(isWhole) ?? [askPgConfig(), ...(process.env['PATH'] ?? '').split(delimiter)].find(isWhole)
}

function askPgConfig(): string {
  return spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim() ?? ''
}

/** The account to start them as: the one that their package created, if this process is root. */
export function postgresAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const number = (option: string) => Number.parseInt(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout, 10)
  return { uid: number('-u'), gid: number('-g') }
}
