// Where the password of a login comes from, and so whether a running server can read a new one.
import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { hasPassword } from '../url-password.ts'

interface Source {
  readonly location: string
  readonly url: string
  /** Whether the location is in a configuration file. */
  readonly isInFile: boolean
}

/** What has to be done after a change of the password, for the log. */
export function describeSource({ location, url, isInFile }: Source): string {
  const [, kind, place] = /^(file|env):(.+)$/.exec(location) ?? []
  const restart = 'The environment of a process does not change: set the new value and restart the server.'
  if (!hasPassword(url)) {
    if (process.env['PGPASSWORD'] !== undefined) return `The password is in the variable "PGPASSWORD". ${restart}`
    return `The password is read again when "${passwordFilePath()}" changes.`
  }
  if (kind === 'env') return `Its URL was in the variable "${place}". ${restart}`
  if (kind === 'file') return `Its URL is read again when "${place}" changes.`
  return isInFile ? 'Its URL is read again when "store" in the configuration file changes.' : 'Restart the server with the new URL.'
}

/** Changes with the password file of PostgreSQL's programs; undefined if the URL has its own password. The driver reads the file. */
export function readPasswordFileState(url: string): string | undefined {
  if (hasPassword(url)) return undefined
  const stat = statSync(passwordFilePath(), { throwIfNoEntry: false, bigint: true })
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
}

function passwordFilePath(): string {
  return process.env['PGPASSFILE'] ?? join(homedir(), '.pgpass')
}
