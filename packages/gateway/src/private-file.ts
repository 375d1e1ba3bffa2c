// Files with a secret or a private key: used only if other users of the machine have no access to them (decisions/047). The server has the same
// for its own files: of the packages below both, protocol has no I/O, and the guard leaves files to the API that it is part of.
import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'

/** Every user of the machine may read or replace a secret. The message says how to change that. */
export class OpenFileError extends Error {
  override name = 'OpenFileError'
}

/** @throws OpenFileError; a system error if the file cannot be read */
export function readPrivateFile(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    refuseAccessOfAll(file, fstatSync(descriptor)) // The mode of what is read, also if the path is replaced meanwhile.
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** A group may have access. Windows has no modes, and nothing is stored in a pipe. */
function refuseAccessOfAll(file: string, stat: Stats): void {
  if (process.platform === 'win32' || !stat.isFile() || (stat.mode & 0o007) === 0) return
  const mode = (stat.mode & 0o777).toString(8)
  throw new OpenFileError(
    `"${file}" is accessible to every user of this machine (mode ${mode}). Run "chmod o= '${file}'", and replace the secret in it if another user may have read it.`,
  )
}
