// The options of rotateSecret, checked before anything is sent.
import { kindOf, parseSafeUrl, refuseUnknownOptions } from '@countersign/protocol'
import { ClientSecrets, type ClientSecret } from './client-secrets.ts'
import type { RotationPlace } from './rotation-api.ts'
import { readSettings, type Settings, type TokenProviderOptions } from './options.ts'

/** One secret, or the new one and the one that it replaces. */
export type StoredSecrets = readonly [secret: string] | readonly [newer: string, older: string]

/** Where a rotation stands. */
export type RotationProgress =
  /** A rotation of this client was found whose new secret is nowhere: an earlier run was killed before it could store it. */
  | { readonly step: 'abandoned-rotation-cancelled' }
  /** The new secret is stored, before the one that it replaces. */
  | { readonly step: 'stored' }
  /** A token was obtained with the new secret. */
  | { readonly step: 'proven' }
  /**
   * `old-secret-in-use`: until nobody has used the old secret for as long as the server wants. `other-run`: until it is
   * clear that nobody is about to store the secret of a rotation that was started just now.
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
   * What is stored now: one secret, or `[newer, older]` as an earlier run has left it. A function is asked again before
   * the old secret ends, so that it does not end while the new one is not where the next start reads it.
   */
  readonly clientSecret: ClientSecret
  /**
   * Stores the secrets, the newer first, and resolves when they would survive a loss of power. It is called twice: with
   * `[newer, older]` before the new secret is used, and with `[newer]` at the end. What it throws is thrown on.
   */
  readonly save: (secrets: StoredSecrets) => void | Promise<void>
  /** Seconds for which the old secret stays good at most; left out, as the server has it for this client. */
  readonly window?: number
  /** Starts a rotation only if the server says that the secret is old enough; one that was started is finished. */
  readonly onlyIfDue?: boolean
  /** False: where the old secret was used too recently to end it, return `overlapping` in place of waiting. */
  readonly wait?: boolean
  /** Ends the waiting; a secret that is being issued is stored first. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: RotationProgress) => void
  /**
   * Left out: `{issuer}/v1/me/secret-rotation`, and `/v1/me/secret-rotation` at the origin of a `tokenUrl`, which names the path of
   * the realm. Secrets are sent there, to no other origin.
   */
  readonly rotationUrl?: string
} & Pick<TokenProviderOptions, 'clientAuthentication' | 'fetch' | 'clock'> &
  ({ readonly tokenUrl: string; readonly issuer?: never } | { readonly issuer: string; readonly tokenUrl?: never })

const ownKeys = ['clientSecret', 'save', 'window', 'onlyIfDue', 'wait', 'signal', 'onProgress', 'rotationUrl'] as const
const providerKeys = ['tokenUrl', 'issuer', 'clientId', 'clientAuthentication', 'fetch', 'clock'] as const

/** {@link SecretRotationOptions} after the check: every default is in. */
export interface RotationPlan {
  readonly settings: Settings
  /** For the token providers: one for each secret that is tried. */
  readonly provider: Omit<TokenProviderOptions, 'clientSecret'>
  readonly place: RotationPlace
  readonly secrets: ClientSecrets
  /** Whether {@link RotationPlan.secrets} can tell what is stored later. */
  readonly isReadAgain: boolean
  readonly save: (secrets: StoredSecrets) => void | Promise<void>
  readonly windowSeconds: number | undefined
  readonly onlyIfDue: boolean
  readonly wait: boolean
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: RotationProgress) => void
}

/** @throws TypeError for an option that is unknown, missing or of another form; never repeats a secret. */
export function readRotationPlan(options: SecretRotationOptions): RotationPlan {
  refuseUnknownOptions('rotateSecret', options, [...providerKeys, ...ownKeys])
  const { clientSecret, save, window, onlyIfDue = false, wait = true, signal, onProgress = () => {} } = options
  const provider = Object.fromEntries(Object.entries(options).filter(([key]) => (providerKeys as readonly string[]).includes(key)))
  const settings = readSettings({ clientSecret, ...provider } as TokenProviderOptions)
  for (const [name, value] of Object.entries({ save, onProgress })) if (typeof value !== 'function') refuse(name, 'a function', value)
  for (const [name, value] of Object.entries({ onlyIfDue, wait })) if (typeof value !== 'boolean') refuse(name, 'true or false', value)
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
