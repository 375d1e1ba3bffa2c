// A PgBouncer in front of a database of the tests, which ends with the test.
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skipWithout } from '../installed-program.fixture.ts'
import { findFreePort } from '../free-port.fixture.ts'
import { postgresAccount } from './postgres-programs.fixture.ts'
import { eventually } from './processes.fixture.ts'

const program = '/usr/sbin/pgbouncer'

/** Value for the `skip` of a test. Its package would start a service of its own. */
export function skipWithoutPgBouncer(): string | false {
  return skipWithout({
    name: 'PgBouncer',
    debianPackage: 'pgbouncer',
    isThere: () => existsSync(program),
    before: 'export RUNLEVEL=1',
  })
}

/** Returns the URL of the database through it. @param settings lines of its section "pgbouncer" */
export async function aPgBouncer(t: { after(clean: () => unknown): void }, database: string, settings: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pgbouncer-'))
  const { username, password, hostname, port, pathname } = new URL(database)
  const listenPort = await findFreePort()
  const [config, users, log] = ['pgbouncer.ini', 'users', 'log'].map((name) => join(folder, name)) as [string, string, string]
  writeFileSync(users, `"${username}" "${password}"\n`)
  writeFileSync(
    config,
    `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${listenPort}
unix_socket_dir =\nauth_type = plain\nauth_file = ${users}\nlogfile = ${log}\n${settings}\n`,
  )
  writeFileSync(log, '')
  const account = postgresAccount() // It does not run as root either.
  if (account) for (const path of [folder, config, users, log]) chownSync(path, account.uid, account.gid)
  const bouncer = spawn(program, ['--quiet', config], { ...account, stdio: 'ignore' })
  const ended = new Promise((resolve) => bouncer.once('exit', resolve))
  t.after(async () => {
    bouncer.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })
  await eventually('PgBouncer listens', () => {
    if (bouncer.exitCode !== null) throw new Error(`PgBouncer did not start: ${readFileSync(log, 'utf8').slice(-1000)}`)
    return /process up/.test(readFileSync(log, 'utf8'))
  })
  return `postgres://${username}:${password}@127.0.0.1:${listenPort}${pathname}`
}
