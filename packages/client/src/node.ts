// A secret or a private key in a file, for programs on Node, Bun and Deno: read before each token request, and once more when the server
// refuses it, so that a file that is replaced needs no restart. Only this entry of the package imports modules of Node.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kindOf, refuseUnknownOptions, type SigningAlgorithmName } from '@countersign/protocol'
import type { KeyWithId } from './signing-key.ts'
import { TokenRequestError } from './token-request-error.ts'

type Code = 'secret_unavailable' | 'key_unavailable'

/**
 * The option `clientSecret` for a secret in a file: one secret, or two lines during a rotation, the newer first. White space around a secret,
 * such as the line end of `echo`, is not part of it.
 *
 * The path is followed anew each time, so a mounted secret of Kubernetes, which is a symbolic link that is switched, is always one whole
 * version. Replace a file of your own by `rename`. A file that every user of the machine may read or write is refused. Nothing is read
 * before the first token request.
 *
 * @example
 * createTokenProvider({ issuer, clientId: 'api-client-acme', clientSecret: fileSecret('/run/secrets/acme') })
 *
 * @throws TypeError if `path` is neither a path nor a file URL. A file that cannot be used is a TokenRequestError `secret_unavailable`.
 */
export function fileSecret(path: string | URL): () => Promise<readonly string[]> {
  const file = toPath('fileSecret', path)
  return async () => {
    const text = await readPrivate(file, 'secret_unavailable')
    const secrets = text.split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
    if (secrets.length === 1 || secrets.length === 2) return secrets
    throw unusable(
      'secret_unavailable',
      `"${file}" has ${secrets.length} lines`,
      'Write one secret a line, the newer first, and at most two.',
    )
  }
}

/**
 * The option `privateKey` of `privateKeyJwt` for a key in a file: PEM (PKCS #8) or a JWK. For a rotation a JWK is best, because its `kid`
 * changes with it. The file is read and checked as by {@link fileSecret}.
 *
 * @example
 * createTokenProvider({ issuer, clientId: 'api-client-acme', clientAuth: privateKeyJwt({ privateKey: fileKey('/run/secrets/acme.jwk') }) })
 *
 * @throws TypeError for an invalid path or option. A file that cannot be used is a TokenRequestError `key_unavailable`.
 */
export function fileKey(
  path: string | URL,
  options: { readonly keyId?: string; readonly algorithm?: SigningAlgorithmName } = {},
): () => Promise<KeyWithId> {
  refuseUnknownOptions('fileKey', options, ['keyId', 'algorithm'])
  const file = toPath('fileKey', path)
  return async () => ({ ...options, privateKey: (await readPrivate(file, 'key_unavailable')).trim() })
}

/** At once, because the working directory may change. */
function toPath(caller: string, path: string | URL): string {
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path)
  if (typeof path === 'string' && path !== '') return resolve(path)
  throw new TypeError(`${caller}: "path" must be a path or a file URL; found ${kindOf(path)}`)
}

const maxBytes = 65_536
/** A link may be switched, and what it led to be deleted, in the middle of following it. */
const maxOpenings = 3

async function readPrivate(file: string, code: Code): Promise<string> {
  for (let opening = 1; ; opening++) {
    try {
      return await readOnce(file, code)
    } catch (error) {
      if (error instanceof TokenRequestError) throw error
      const { code: reason = 'unknown reason' } = error as NodeJS.ErrnoException
      if (reason !== 'ENOENT' || opening === maxOpenings)
        throw unusable(code, `"${file}" could not be read (${reason})`, 'Check that the file exists and that this user may read it.')
    }
  }
}

/** Without O_NONBLOCK, which Windows lacks, opening a pipe that has no writer would hold a thread of the process forever. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

async function readOnce(file: string, code: Code): Promise<string> {
  const handle = await open(file, readFlags)
  try {
    const stat = await handle.stat() // Of what is read, also if the path is replaced meanwhile.
    if (!stat.isFile()) throw unusable(code, `"${file}" is not a regular file`, 'Name the file itself; it is read again and again.')
    if (stat.size > maxBytes) throw unusable(code, `"${file}" has more than ${maxBytes} bytes`, 'Check the path.')
    if (process.platform !== 'win32' && (stat.mode & 0o007) !== 0)
      throw unusable(
        code,
        `"${file}" is accessible to every user of this machine (mode ${(stat.mode & 0o777).toString(8)})`,
        `Run "chmod o= '${file}'" (in Kubernetes: defaultMode 0440), and replace what is in it if another user may have read it.`,
      )
    const text = await handle.readFile('utf8')
    if (text.trim() === '') throw unusable(code, `"${file}" is empty`, 'Write the new content to another file and rename it to this one.')
    return text
  } finally {
    await handle.close()
  }
}

function unusable(code: Code, summary: string, remedy: string): TokenRequestError {
  return new TokenRequestError({ code, summary: `${summary}.`, remedy })
}
