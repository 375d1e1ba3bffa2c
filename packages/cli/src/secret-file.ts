// A file with the secret of a client: one secret a line, newest first. It is replaced atomically: a concurrent reader or a crash finds
// either the old content or the new one.
import { closeSync, fchownSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { findCredentialFault } from '@countersign/protocol'
import type { ExitReason } from './exit-codes.ts'
import { CommandError, printNote } from './output.ts'

/** Undefined if there is no such file. @throws CommandError for anything other than one or two secrets */
export function readSecretFile(file: string): readonly [string] | readonly [newer: string, older: string] | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [newer, older, ...further] = text.split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
  for (const secret of [newer, older]) if (secret !== undefined) refuseDamaged(`A secret in "${file}"`, secret, 'local')
  if (newer === undefined || further.length > 0 || /\s/.test(newer + (older ?? '')))
    throw new CommandError(`"${file}" does not contain one or two secrets.`, {
      reason: 'local',
      next: 'Write one secret per line, the newer first, and nothing else.',
    })
  return older === undefined ? [newer] : [newer, older]
}

/** Before it is sent, where the server could only call it wrong. @param source names where it was read @throws CommandError */
export function refuseDamaged(source: string, credential: string, reason: ExitReason = 'usage'): void {
  const fault = findCredentialFault(credential)
  if (fault !== undefined)
    throw new CommandError(`${source} ${fault}. Nothing was sent.`, {
      reason,
      next: 'Store exactly what the server showed, in UTF-8 and without anything around it.',
    })
}

/** For every file with a secret. Windows has no modes, and nothing is stored in a pipe. @throws CommandError if all users have access */
export function refuseOpenFile(file: string, content: 'secret' | 'key' = 'secret'): void {
  const open = describeOpenFile(file)
  if (open === undefined) return
  throw new CommandError(open, {
    reason: 'local',
    next: `Run "chmod o= ${file}", and ${content === 'key' ? 'use another key' : 'rotate the secret'} if another user may have read it.`,
  })
}

/** For a file with a token, which is valid for minutes: a shell writes it with the usual mode 644. */
export function warnOfOpenTokenFile(file: string): void {
  const open = describeOpenFile(file)
  if (open !== undefined) printNote(`Warning: ${open} Delete it when you are done: its token can be used until it expires.`)
}

function describeOpenFile(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (process.platform === 'win32' || !stat?.isFile() || (stat.mode & 0o007) === 0) return undefined
  return `"${file}" is accessible to every user of this machine (mode ${(stat.mode & 0o777).toString(8)}).`
}

/**
 * Checks that the file can be replaced, before a new secret is issued that could be lost.
 * @throws CommandError if other users can read it; a system error if this user has no write permission
 */
export function checkSecretFile(file: string): void {
  refuseOpenFile(file)
  const { path, descriptor } = openSuccessor(file)
  closeSync(descriptor)
  rmSync(path)
}

/** Replaces the content, readable by the owner or by the group that could read it before, and returns when it is on disk. */
export function writeSecretFile(file: string, secrets: readonly string[]): void {
  const { path, descriptor, target } = openSuccessor(file)
  try {
    writeSync(descriptor, `${secrets.join('\n')}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(path, target)
  if (process.platform === 'win32') return // Windows cannot open a folder.
  const folder = openSync(dirname(target), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function openSuccessor(file: string) {
  const mode = modeOf(file)
  // For a symbolic link, the target is replaced.
  const target = mode === undefined ? file : realpathSync(file)
  const path = `${target}.new`
  rmSync(path, { force: true }) // Left behind by a killed run; the secret in it is useless.
  const descriptor = openSync(path, 'wx', 0o600 | ((mode ?? 0) & 0o040))
  try {
    keepOwner(target, descriptor)
  } catch (error) {
    closeSync(descriptor)
    rmSync(path)
    throw error
  }
  return { path, descriptor, target }
}

/** The service that reads the file often runs as another user than this command. */
function keepOwner(target: string, descriptor: number): void {
  const before = statSync(target, { throwIfNoEntry: false })
  const after = statSync(`${target}.new`)
  if (before === undefined || (before.uid === after.uid && before.gid === after.gid)) return
  try {
    fchownSync(descriptor, before.uid, before.gid)
  } catch (cause) {
    throw new CommandError(`"${target}" belongs to another user, who could not read the new file.`, {
      reason: 'local',
      next: 'Run the command as the owner of the file.',
      cause,
    })
  }
}

function modeOf(file: string): number | undefined {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode
  return mode === undefined ? undefined : mode & 0o777
}

/** After "countersign init" the environment contains the operator's secret: it is not sent with the id of another client. */
export function secretOfEnvironment(clientId: string): string {
  const { COUNTERSIGN_CLIENT_ID: owner = clientId, COUNTERSIGN_CLIENT_SECRET: secret } = process.env
  if (secret !== undefined && secret !== '' && owner === clientId) {
    refuseDamaged('COUNTERSIGN_CLIENT_SECRET', secret)
    return secret
  }
  throw new CommandError(
    owner === clientId
      ? `No secret for "${clientId}" was given.`
      : `COUNTERSIGN_CLIENT_SECRET is the secret of "${owner}" (COUNTERSIGN_CLIENT_ID), not of "${clientId}".`,
    {
      next: 'Use --client-secret-file FILE, or "-" to type it. A secret on the command line would appear in the process list.',
    },
  )
}
