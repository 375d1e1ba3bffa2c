// The options of rotateSecret, checked before anything is sent.
import { kindOf, parseSafeUrl, refuseUnknownOptions } from '@countersign/protocol'
import { requireSignal } from './abort-signal.ts'
import { ClientSecrets, type ClientSecret } from './client-secrets.ts'
import type { RotationPlace } from './rotation-api.ts'
import { readSettings, type Settings, type TokenProviderOptions } from './options.ts'

/** One secret, or the new one and the one that it replaces. */
export type StoredSecrets = readonly [secret: string] | readonly [newer: string, older: string]

/** The progress of a rotation. */
export type RotationProgress =
  /** A rotation of this client was found whose new secret is not stored: an earlier run was killed before it could store it. */
  | { readonly step: 'abandoned-rotation-cancelled' }
  /** The new secret is stored, in front of the one that it replaces. */
  | { readonly step: 'stored' }
  /** A token was obtained with the new secret. */
  | { readonly step: 'proven' }
  /**
   * `old-secret-in-use`: until the old secret has not been used for as long as the server requires. `other-run`: until it is certain
   * that no other run is about to store the secret of a rotation that has just started.
   */
  | {
      readonly step: 'waiting'
      readonly reason: 'old-secret-in-use' | 'other-run'
      readonly seconds: number
      readonly until: string
      readonly oldSecretLastUsedAt: string | null
    }
  /** The old secret has ended, and the new one is about to be stored alone. */
  | { readonly step: 'confirmed' }

export type SecretRotationOptions = {
  readonly clientId: string
  /**
   * The stored secrets: one, or `[newer, older]` as an earlier run left it. A function is called again before the old secret ends, so
   * that it ends only if the next start will read the new one.
   */
  readonly clientSecret: ClientSecret
  /**
   * Stores the secrets, the newer first, and resolves when they would survive a power failure. It is called twice: with `[newer,
   * older]` before the new secret is used, and with `[newer]` at the end. Its errors are rethrown.
   */
  readonly save: (secrets: StoredSecrets) => void | Promise<void>
  /** Maximum time for which the old secret stays valid, in seconds; if omitted, the server's setting for this client. */
  readonly window?: number
  /** Starts a rotation only if the server reports it as due; a started rotation is always finished. */
  readonly onlyIfDue?: boolean
  /** False: if the old secret was used too recently to end it, return `overlapping` instead of waiting. */
  readonly wait?: boolean
  /** Aborts the wait; a secret that is being issued is stored first. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: RotationProgress) => void
  /**
   * Default: `{issuer}/v1/me/secret-rotation`, or `/v1/me/secret-rotation` at the origin of a `tokenUrl`, which names the path of the
   * realm. Secrets are sent only to this origin.
   */
  readonly rotationUrl?: string
} & Pick<TokenProviderOptions, 'clientAuthentication' | 'fetch' | 'clock'> &
  ({ readonly tokenUrl: string; readonly issuer?: never } | { readonly issuer: string; readonly tokenUrl?: never })

const ownKeys = ['clientSecret', 'save', 'window', 'onlyIfDue', 'wait', 'signal', 'onProgress', 'rotationUrl'] as const
const providerKeys = ['tokenUrl', 'issuer', 'clientId', 'clientAuthentication', 'fetch', 'clock'] as const

/** {@link SecretRotationOptions} after validation, with all defaults. */
export interface RotationPlan {
  readonly settings: Settings
  /** For the token providers: one for each secret that is tried. */
  readonly provider: Omit<TokenProviderOptions, 'clientSecret'>
  readonly place: RotationPlace
  readonly secrets: ClientSecrets
  /** Whether {@link RotationPlan.secrets} is a function, which returns what is stored later. */
  readonly isReadAgain: boolean
  readonly save: (secrets: StoredSecrets) => void | Promise<void>
  readonly windowSeconds: number | undefined
  readonly onlyIfDue: boolean
  readonly wait: boolean
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: RotationProgress) => void
}

/** @throws TypeError for an option that is unknown, missing or invalid; never repeats a secret. */
export function readRotationPlan(options: SecretRotationOptions): RotationPlan {
  refuseUnknownOptions('rotateSecret', options, [...providerKeys, ...ownKeys])
  const { clientSecret, save, window, onlyIfDue = false, wait = true, signal, onProgress = () => {} } = options
  const provider = Object.fromEntries(Object.entries(options).filter(([key]) => (providerKeys as readonly string[]).includes(key)))
  const settings = readSettings({ clientSecret, ...provider } as TokenProviderOptions)
  for (const [name, value] of Object.entries({ save, onProgress })) if (typeof value !== 'function') refuse(name, 'a function', value)
  for (const [name, value] of Object.entries({ onlyIfDue, wait })) if (typeof value !== 'boolean') refuse(name, 'true or false', value)
  requireSignal('rotateSecret', signal)
  if (window !== undefined && !(Number.isInteger(window) && window > 0)) refuse('window', 'a whole number of seconds above 0', window)
  const rotationUrl = readRotationUrl(options)
  return {
    settings,
    provider: provider as RotationPlan['provider'],
    place: { rotationUrl, changesUrl: rotationUrl },
    secrets: new ClientSecrets(clientSecret, () => {}, settings.clock),
    isReadAgain: typeof clientSecret === 'function',
    save,
    windowSeconds: window,
    onlyIfDue,
    wait,
    signal,
    onProgress,
  }
}

function readRotationUrl({ rotationUrl, issuer, tokenUrl }: SecretRotationOptions): string {
  const path = '/v1/me/secret-rotation'
  const url = rotationUrl ?? (issuer === undefined ? new URL(path, tokenUrl).href : `${issuer.replace(/\/$/, '')}${path}`)
  if (typeof url !== 'string' || parseSafeUrl(url) === undefined || /[?#]/.test(url))
    throw new TypeError(
      '"rotationUrl" must be an absolute https URL without credentials, query and fragment (http only on loopback), ' +
        'such as "https://auth.example.com/v1/me/secret-rotation"',
    )
  return url.replace(/\/$/, '')
}

function refuse(name: string, expected: string, found: unknown): never {
  throw new TypeError(`rotateSecret: "${name}" must be ${expected}; found ${kindOf(found)}`)
}
