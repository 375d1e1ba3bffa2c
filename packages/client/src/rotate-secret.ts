// Replaces the secret of a client: start, store, prove, wait until the old secret is no longer in use, confirm, store. Starting is authenticated
// by the old secret and confirming by the new one; tokens are only for reading. Every run first determines how far the previous one
// came, from two reliable facts: what is stored, and which secret gets a token. So it may be killed anywhere; the stored secrets work
// at every moment.
import { wait } from './clock.ts'
import { createRotationApi, type RotatingSecret, type RotationApi, type RotationAt } from './rotation-api.ts'
import { readRotationPlan, type RotationPlan, type SecretRotationOptions } from './rotation-options.ts'
import { SecretRotationError } from './secret-rotation-error.ts'
import { createTokenProvider } from './token-provider.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface SecretRotationResult {
  /**
   * `rotated`: only the new secret is valid. `overlapping`: both are; run it again later, or leave the old one to the end
   * of the window. `not-due`: nothing was done.
   */
  readonly state: 'rotated' | 'overlapping' | 'not-due'
  /** The id of the newest secret, as the operator and the audit log know it. */
  readonly secretId: string
  /** While `overlapping`: when another run can end the old secret if it is not used again, and when it ends by itself. */
  readonly confirmableAt: string | null
  readonly windowEndsAt: string | null
}

/** Another run may be between issuing a secret and storing it; this is longer than that takes. */
export const storingTakesAtMostMs = 60_000
/** A stored pair whose rotation finished on the server within this time belongs to an interrupted run, which is completed now. */
export const interruptedRunMs = 24 * 3_600_000
/** Other nodes of the server learn of a new secret within a second or two. */
const pausesUntilProvenMs = [1000, 2000, 4000]
/** A timer is late after a laptop has slept, and one of more than 24 days fires immediately. */
const maxPauseMs = 3_600_000

/**
 * Rotates the secret of this client on the server, without an outage and without an operator. It takes a minute longer than a
 * token is valid: the old secret ends only when every instance that has it would have requested a new token. After an interruption at
 * any point, call it again with what `save` has stored; it continues from there. A rotation that this client has started, but whose
 * new secret was never used or stored, is cancelled and started again; a rotation by the operator is left alone. Only one run at a
 * time: two runs that share a store may undo each other's work, but cannot lock the client out.
 *
 * Other processes with the same secret must read `[newer, older]` from the store while it runs (see `clientSecret` of
 * {@link createTokenProvider}): they are not notified.
 *
 * @example
 * const read = async () => (await readFile(file, 'utf8')).trim().split('\n')
 * await rotateSecret({
 *   issuer: 'https://auth.example.com/realms/nt24-idp',
 *   clientId: 'api-client-acme',
 *   clientSecret: read,
 *   save: async (secrets) => {
 *     await writeFile(`${file}.new`, secrets.join('\n'), { mode: 0o600, flush: true })
 *     await rename(`${file}.new`, file)
 *   },
 *   onlyIfDue: true,
 * })
 *
 * @throws SecretRotationError if the server rejects a step, or if it is not safe to continue (`rotation-in-progress`,
 * `rotation-of-the-operator`: another party has the new secret, and nothing was changed), TokenRequestError if no token can be
 * obtained, TypeError for invalid options, the reason of `signal`, and every error of `save`.
 */
export async function rotateSecret(options: SecretRotationOptions): Promise<SecretRotationResult> {
  const plan = readRotationPlan(options)
  plan.signal?.throwIfAborted()
  const stored = await plan.secrets.inOrder()
  const login = await logIn(plan, stored)
  return goOn(plan, stored, login, await login.api.read())
}

interface Login {
  readonly secret: string
  readonly api: RotationApi
}

/** The newer secret first: a token requested by the old one counts as its use, and confirming requires that it is not in use. */
async function logIn(plan: RotationPlan, stored: readonly string[]): Promise<Login> {
  let refusal: unknown
  for (const secret of stored) {
    try {
      return await open(plan, secret, stored)
    } catch (error) {
      if (!isInvalidClient(error)) throw error
      refusal = error
    }
  }
  throw refusal
}

/** Requests tokens with exactly this secret, also for every later call after the token has expired. */
async function open({ provider, settings, place, signal }: RotationPlan, secret: string, others: readonly string[]): Promise<Login> {
  const tokens = createTokenProvider({ ...provider, clientSecret: secret } as Parameters<typeof createTokenProvider>[0])
  await tokens.getToken(signal && { signal })
  return { secret, api: createRotationApi({ settings, place, tokens, secret, secretsInUse: [...new Set([secret, ...others])] }) }
}

async function goOn(plan: RotationPlan, stored: readonly string[], login: Login, found: RotationAt): Promise<SecretRotationResult> {
  const { rotation, serverTime } = found
  const [newer = ''] = stored
  const own = findSecret(found, login.secret)
  if (own === undefined) {
    const summary =
      'The server issues tokens for the stored secret, but does not list it as a secret of this client, or lists more than one match.'
    throw new SecretRotationError({ code: 'unknown-secret', summary })
  }
  if (own.state === 'current') {
    const isFinished = stored.length === 2 && login.secret === newer
    if (isFinished) await plan.save([newer])
    if (isFinished && serverTime - Date.parse(own.createdAt) < interruptedRunMs) return toResult('rotated', found)
    if (plan.onlyIfDue && !rotation.due.isDue) return toResult('not-due', found)
    return startAnew(plan, login)
  }
  if (own.state === 'new') return finish(plan, login, found)

  const isNewerStored = stored.length === 2 && login.secret !== newer && findSecret(found, newer)?.state === 'new'
  if (isNewerStored) return finish(plan, await prove(plan, newer, stored), undefined)
  if (rotation.state === 'overlapping') {
    const summary = 'A rotation is in progress, and its new secret is in use elsewhere but not stored here. Nothing was changed.'
    throw new SecretRotationError({ code: 'rotation-in-progress', summary })
  }
  if (rotation.startedBy !== 'client') {
    if (plan.onlyIfDue && !rotation.due.isDue) return toResult('not-due', found)
    if (rotation.startedBy !== 'operator')
      throw new SecretRotationError({
        code: 'server-too-old',
        summary: 'The server does not say who has started the rotation in progress.',
      })
    const summary = `The operator started a rotation at ${rotation.startedAt} and has its new secret, which is not stored here. Nothing was changed.`
    throw new SecretRotationError({ code: 'rotation-of-the-operator', summary })
  }
  const storedByMs = Date.parse(rotation.startedAt ?? '') + storingTakesAtMostMs - serverTime
  if (storedByMs > 0) {
    if (!plan.wait) {
      const seconds = Math.ceil(storedByMs / 1000)
      const summary = `A rotation was started moments ago, perhaps by another run, and its new secret is not stored here yet. Nothing was changed. In ${seconds} s it counts as abandoned and can be started again.`
      throw new SecretRotationError({ code: 'rotation-in-progress', summary, remedy: 'Run it again after that time.' })
    }
    await waitFor(plan, 'other-run', found, storedByMs)
    const storedNow = await plan.secrets.inOrder()
    return goOn(plan, storedNow, login, await login.api.read())
  }
  await login.api.cancel()
  plan.onProgress({ step: 'abandoned-rotation-cancelled' })
  return startAnew(plan, login)
}

async function startAnew(plan: RotationPlan, { secret: older, api }: Login): Promise<SecretRotationResult> {
  plan.signal?.throwIfAborted()
  const { clientSecret: newer } = await api.start(plan.windowSeconds)
  if (newer === null) {
    const summary = 'The server started a rotation, but did not return its new secret.'
    throw new SecretRotationError({ code: 'new-secret-not-shown', summary })
  }
  // Nothing runs between the response and the store: neither the signal nor a callback.
  try {
    await plan.save([newer, older])
  } catch (error) {
    await api.cancel().catch(() => {}) // If this fails, the next run cancels.
    throw error
  }
  plan.onProgress({ step: 'stored' })
  return finish(plan, await prove(plan, newer, [newer, older]), undefined)
}

async function prove(plan: RotationPlan, newer: string, stored: readonly string[]): Promise<Login> {
  for (const pauseMs of [...pausesUntilProvenMs, undefined]) {
    try {
      const login = await open(plan, newer, stored)
      plan.onProgress({ step: 'proven' })
      return login
    } catch (error) {
      if (!isInvalidClient(error)) throw error
      if (pauseMs !== undefined) await wait(plan.settings.clock, pauseMs, plan.signal)
    }
  }
  const summary = 'The server does not accept the new secret that it issued; perhaps the rotation was cancelled in the meantime.'
  throw new SecretRotationError({ code: 'new-secret-refused', summary })
}

/** Ends the old secret. All requests use the new one, so that none of them counts as a use of the old. */
async function finish(plan: RotationPlan, login: Login, known: RotationAt | undefined): Promise<SecretRotationResult> {
  let found = known ?? (await login.api.read())
  let refusals = 0
  let leastPauseMs = 0
  let awaited: string | null = null
  for (;;) {
    const own = findSecret(found, login.secret)
    if (own?.state === 'current') break
    if (own?.state !== 'new') {
      const summary = 'The rotation was cancelled or replaced by another party in the meantime; the old secret was not ended.'
      throw new SecretRotationError({ code: 'rotation-in-progress', summary })
    }
    const { confirmableAt } = found.rotation
    // A Date header is up to a second late, so ask the server whether the awaited instant has come.
    const quietInMs = confirmableAt === null || confirmableAt === awaited ? 0 : Date.parse(confirmableAt) - found.serverTime
    const pauseMs = Math.max(leastPauseMs, quietInMs)
    if (pauseMs > 0) {
      if (!plan.wait) return toResult('overlapping', found)
      await waitFor(plan, 'old-secret-in-use', found, pauseMs)
      if (pauseMs <= maxPauseMs) awaited = confirmableAt
      leastPauseMs = 0
      found = await login.api.read() // A confirmation must not apply to a rotation that another party has started meanwhile.
      continue
    }
    await checkStored(plan, login.secret)
    try {
      found = await login.api.confirm()
      plan.onProgress({ step: 'confirmed' })
    } catch (error) {
      if (!(error instanceof SecretRotationError) || error.status !== 409) throw error
      // The old secret may be in use until the window ends; any other obstacle is resolved within seconds.
      if (error.code !== 'old-secret-in-use') refusals += 1
      if (refusals > 5) throw error
      leastPauseMs = 1000
      found = await login.api.read()
    }
  }
  await plan.save([login.secret])
  return toResult('rotated', found)
}

/** The last check before the old secret ends: the next start must find the new secret. */
async function checkStored(plan: RotationPlan, secret: string): Promise<void> {
  plan.signal?.throwIfAborted()
  if (!plan.isReadAgain || (await plan.secrets.inOrder()).includes(secret)) return
  const summary = 'save() has stored the new secret, but "clientSecret" does not return it; the old secret was not ended.'
  throw new SecretRotationError({ code: 'secret-not-stored', summary })
}

async function waitFor(plan: RotationPlan, reason: 'old-secret-in-use' | 'other-run', found: RotationAt, pauseMs: number): Promise<void> {
  const until = new Date(found.serverTime + pauseMs).toISOString()
  const { oldSecretLastUsedAt } = found.rotation
  plan.onProgress({ step: 'waiting', reason, seconds: Math.ceil(pauseMs / 1000), until, oldSecretLastUsedAt })
  await wait(plan.settings.clock, Math.min(pauseMs, maxPauseMs), plan.signal)
}

/** The one secret of the server with the same last characters as ours; undefined if that is ambiguous. */
function findSecret({ rotation }: RotationAt, secret: string): RotatingSecret | undefined {
  const [found, ...further] = rotation.secrets.filter(({ lastFour }) => secret.endsWith(lastFour) && lastFour !== '')
  return further.length === 0 ? found : undefined
}

function toResult(state: SecretRotationResult['state'], { rotation }: RotationAt): SecretRotationResult {
  const { secrets, confirmableAt, windowEndsAt } = rotation
  const [newest] = secrets
  const isOverlapping = state === 'overlapping'
  return {
    state,
    secretId: newest?.id ?? '',
    confirmableAt: isOverlapping ? confirmableAt : null,
    windowEndsAt: isOverlapping ? windowEndsAt : null,
  }
}

function isInvalidClient(error: unknown): boolean {
  return error instanceof TokenRequestError && error.code === 'invalid_client'
}
