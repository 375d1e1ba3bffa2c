// Files with a secret or a private key: used only if other users of the machine have no access to them (decisions/047). For the server and the
// gateway, which have no other package in common that may read a file; the guard itself reads none.
import { closeSync, fstatSync, openSync, readFileSync, statSync, type Stats } from 'node:fs'

/** Every user of the machine may read or replace a secret. The message says how to change that. */
export class OpenFileError extends Error {
  override name = 'OpenFileError'
}

/** The text of a file with a secret. @throws OpenFileError; a system error if the file cannot be read */
export function readPrivateFile(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    refuseAccessOfAll(file, fstatSync(descriptor)) // The mode of what is read, also if the path is replaced meanwhile.
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** For a file that turned out to hold a secret. @throws OpenFileError */
export function refuseOpenFile(file: string): void {
  refuseAccessOfAll(file, statSync(file))
}

/** A group may have access: the service often reads what belongs to root. Windows has no modes, and nothing is stored in a pipe. */
function refuseAccessOfAll(file: string, stat: Stats): void {
  if (process.platform === 'win32' || !stat.isFile() || (stat.mode & 0o007) === 0) return
  throw new OpenFileError(
    `"${file}" is accessible to every user of this machine (mode ${(stat.mode & 0o777).toString(8)}). Run "chmod o= '${file}'", and replace the secret in it if another user may have read it.`,
  )
}
