// The private key of a client in a file, for commands that authenticate by it in place of a secret.
import { readFileSync } from 'node:fs'
import { privateKeyJwt, type PrivateKeyJwt } from '@countersign/client'
import { CommandError } from './output.ts'
import { refuseOpenFile } from './secret-file.ts'

export interface ClientKeyFile {
  /** "-" for standard input. */
  readonly file: string
  readonly keyId?: string | undefined
  readonly algorithm?: string | undefined
  readonly audience?: string | undefined
}

/** @throws CommandError for a file that all users may read or that has no usable key; a system error if it cannot be read */
export function openClientKey({ file, keyId, algorithm, audience }: ClientKeyFile): PrivateKeyJwt {
  if (file !== '-') refuseOpenFile(file)
  const privateKey = readFileSync(file === '-' ? 0 : file, 'utf8')
  try {
    const given = Object.entries({ keyId, algorithm, audience }).filter(([, value]) => value !== undefined)
    return privateKeyJwt({ privateKey, ...Object.fromEntries(given) })
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    const source = file === '-' ? 'The key on standard input' : `The key in "${file}"`
    throw new CommandError(`${source} cannot be used: ${cause.message.replace('privateKeyJwt: ', '')}.`, {
      reason: 'local',
      next: 'Use the private key whose public key is registered for the client, in PEM (PKCS #8) or as a JWK.',
      cause,
    })
  }
}
