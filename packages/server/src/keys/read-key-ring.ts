// Reads a key ring where the configuration says: a file, an environment variable, or a program that prints it.
import { OpenFileError, readPrivateFile } from '@countersign/guard/private-file'
import { KeyRingError, parseKeyRing, type KeyRing, type KeyRingPurpose } from './key-ring.ts'
import { runKeyProgram, type ProgramLimits } from './run-key-program.ts'

/** Reads a key ring from `file:PATH`, `env:NAME` or `exec:PROGRAM ARG…`. @throws KeyRingError */
export async function readKeyRing(purpose: KeyRingPurpose, location: string, limits?: ProgramLimits): Promise<KeyRing> {
  return parseKeyRing(purpose, location, await readKeyRingText(purpose, location, limits))
}

/** @throws KeyRingError */
export async function readKeyRingText(purpose: KeyRingPurpose, location: string, limits?: ProgramLimits): Promise<string> {
  const [, kind, rest = ''] = /^(file|env|exec):(.+)$/.exec(location) ?? []
  if (kind === 'exec') return runKeyProgram(purpose, rest, limits)
  return kind === 'env' ? takeVariable(purpose, rest) : readKeyRingFile(purpose, rest)
}

/** Whether the ring can be read again in a running server: an environment variable is gone once it was read. */
export function isReadable(location: string): boolean {
  return !location.startsWith('env:')
}

function takeVariable(purpose: KeyRingPurpose, name: string): string {
  const value = process.env[name]
  delete process.env[name] // so that no child process, crash report or later reader finds it
  if (value === undefined) throw new KeyRingError(`The ${purpose} is missing: the environment variable "${name}" is not set.`)
  return value
}

/** Of a file that no other user can read. @throws KeyRingError */
export function readKeyRingFile(purpose: KeyRingPurpose, file: string): string {
  try {
    return readPrivateFile(file)
  } catch (cause) {
    if (cause instanceof OpenFileError) throw new KeyRingError(`The ${purpose} is not safe: ${cause.message}`, { cause })
    throw new KeyRingError(
      `Cannot read the ${purpose} "${file}": ${(cause as Error).message}. "countersign init" creates one; for an existing store restore it from your backup.`,
      { cause },
    )
  }
}
