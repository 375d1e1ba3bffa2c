// What a backend authenticates with, as it gets it: variables, and files that a rotation replaces.
import type { ClientAuthenticationMethodName, SigningAlgorithmName } from '@countersign/protocol'
import type { SandboxVariable } from './environment.ts'
import type { SandboxKey } from './sandbox-key.ts'

/** How the backend authenticates. A secret may be sent in each way, unless a method is named. */
export type SandboxAuth =
  | { readonly kind: 'secret'; readonly method?: ClientAuthenticationMethodName }
  | { readonly kind: 'key'; readonly algorithm: SigningAlgorithmName }

type Values = Partial<Readonly<Record<SandboxVariable, string>>>

export interface Credential {
  readonly values: Values
  /** What the file has that a variable names. */
  readonly files: Values
  /** The variables that stay true while the files are replaced. */
  readonly lasting: readonly SandboxVariable[]
}

export function secretCredential(secret: string): Credential {
  return { values: { CLIENT_SECRET: secret }, files: { CLIENT_SECRET_FILE: `${secret}\n` }, lasting: ['CLIENT_SECRET_FILE'] }
}

/** The id of the key changes with it. A JWK has it, and a file in PEM does not. */
export function keyCredential({ keyId, algorithm, privateJwk, pem }: SandboxKey): Credential {
  return {
    values: { CLIENT_KEY_ID: keyId, CLIENT_KEY_ALGORITHM: algorithm },
    files: { CLIENT_JWK_FILE: `${JSON.stringify(privateJwk)}\n`, CLIENT_KEY_FILE: pem },
    lasting: ['CLIENT_JWK_FILE', 'CLIENT_KEY_ALGORITHM'],
  }
}
