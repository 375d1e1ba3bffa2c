// What there is to do about one client: whether it works, its secrets, and a replacement that is in progress.
import { describeAge, describeSpan } from '../shared/describe-time.ts'
import { lastUseOf, rotationOf } from '../shared/client-state.ts'
import { isUrgent } from '../shared/rotation-urgency.ts'
import type { OwnClient } from './clients.ts'

export interface Task {
  readonly tone: 'ok' | 'go' | 'warn' | 'bad'
  /** What is so. */
  readonly title: string
  /** What follows, and what to do. */
  readonly words: string
  /** The page with the step; none where only the provider can change it. */
  readonly step?: { readonly to: string; readonly label: string }
}

export type TaskClient = Pick<OwnClient, 'clientId' | 'name' | 'enabled' | 'serviceAccountEnabled' | 'secrets' | 'standing'>

const dayMs = 86_400_000

export function tasksOfClient(client: TaskClient, nowMs: number): Task[] {
  const path = `/clients/${encodeURIComponent(client.clientId)}/rotate`
  return [...ofWork(client, path, nowMs), ...ofRotation(client, path, nowMs)]
}

function ofWork({ clientId, enabled, serviceAccountEnabled, secrets, standing }: TaskClient, path: string, nowMs: number): Task[] {
  if (!enabled || !serviceAccountEnabled)
    return [
      {
        tone: 'bad',
        title: 'This client is disabled.',
        words: 'It gets no tokens, and the tokens that it has are refused. Only the provider can enable it: ask there.',
      },
    ]
  const [secret, ...others] = secrets
  const endsIn = secret?.expiresAt ? Date.parse(secret.expiresAt) - nowMs : Infinity
  if (others.length === 0 && endsIn < 14 * dayMs)
    return [
      {
        tone: endsIn < 3 * dayMs ? 'bad' : 'warn',
        title: `Your only secret ends in ${describeSpan(endsIn)}.`,
        words: 'Then there are no tokens. Replace it before, without an outage.',
        step: { to: path, label: 'Replace the secret' },
      },
    ]
  const tryIt = { to: `/try?${new URLSearchParams({ client: clientId })}`, label: 'Try it' }
  const lastTokenAt = standing?.lastUsedAt ?? lastUseOf(secrets)
  if (lastTokenAt === null)
    return [
      {
        tone: 'go',
        title: 'No token was requested yet.',
        words: 'Get the first one on the page “Try it”, which has the same request in seven languages.',
        step: tryIt,
      },
    ]
  if (nowMs - Date.parse(lastTokenAt) < dayMs) return []
  return [
    {
      tone: 'warn',
      title: `No token was requested for ${describeAge(nowMs - Date.parse(lastTokenAt))}.`,
      words: 'If your backend runs, look into its log: it does not reach the token endpoint, or does not ask.',
      step: tryIt,
    },
  ]
}

function ofRotation({ secrets, standing }: TaskClient, path: string, nowMs: number): Task[] {
  const step = { to: path, label: 'Go on with the replacement' }
  const state = standing?.rotation ?? rotationOf(secrets)
  if (state === 'stable') {
    if (!standing?.due || secrets.length === 0) return []
    return [
      {
        tone: 'warn',
        title: 'It is time to replace the secret.',
        words: 'The longer a secret is used, the more places have a copy of it. It takes four steps, and nothing stops meanwhile.',
        step: { ...step, label: 'Replace the secret' },
      },
    ]
  }
  if (standing?.cutsOff === null)
    return [
      {
        tone: 'go',
        title: 'You can end the old secret now.',
        words: 'It is not used any more.',
        step: { ...step, label: 'Review and end it' },
      },
    ]
  const windowEndsAt = standing?.windowEndsAt ?? null
  const left = windowEndsAt === null ? 'some time' : describeSpan(Date.parse(windowEndsAt) - nowMs)
  const cutsOff = standing?.cutsOff ?? (state === 'issued' ? 'new-unused' : 'old-in-use')
  if (isUrgent({ windowEndsAt }, cutsOff, nowMs))
    return [
      {
        tone: 'bad',
        title: `The old secret ends in ${left}, and is still needed.`,
        words:
          cutsOff === 'new-unused'
            ? 'The new secret was never used. What has only the old one gets no tokens then.'
            : 'What has only the old one gets no tokens then. The page of the replacement has the addresses.',
        step,
      },
    ]
  return [
    {
      tone: 'go',
      title: 'A replacement of the secret is in progress.',
      words: `${cutsOff === 'new-unused' ? 'The new secret was not used yet' : 'The old secret may still be in use'}. The old one ends by itself in ${left}.`,
      step,
    },
  ]
}
