// What a scenario needs of the options of the command.
import type { SandboxAuth } from './credential.ts'

/** A backend that authenticates by a secret or by a key, or TLS. */
export type Need = 'secret' | 'key' | 'tls'

export interface SandboxKind {
  readonly auth: SandboxAuth
  /** Whether the issuer and the API speak HTTPS. */
  readonly tls: boolean
}

export function isMet(need: Need | undefined, { auth, tls }: SandboxKind): boolean {
  return need === undefined || need === auth.kind || (need === 'tls' && tls)
}
