// Rights end and are granted again, one change of a subject after another. A subject that lost a change in a failover is disabled for good
// and replaced.
import { randomUUID } from 'node:crypto'
import { inRealm } from '../served-nodes.ts'
import { cut, ended, endOfSecrets, granted, nextTokens } from './effects.ts'
import type { MakeChange } from './make-change.ts'
import { pause } from './pause.ts'
import type { Random } from './random.ts'
import { partner, rightsOf, secretRightOf, tokenRightOf, type Subject } from './subject.ts'

/** A token that is requested this long after a cut is dated after it at every node: a cut reaches 1.5 s ahead (decisions/034). */
const cutReachMs = 2000

export interface SubjectChanges {
  /** Adds it to the subjects of the load at once; calls begin when it has a secret. */
  create(slug: string): Promise<Subject>
  /** Ends a right and grants it again, with pauses, if that is possible. */
  changeOnce(subject: Subject): Promise<void>
  /** Ends all rights of a subject whose state is unknown. */
  endForGood(subject: Subject): Promise<void>
}

export interface SubjectChangesOptions {
  readonly make: MakeChange
  readonly subjects: Subject[]
  readonly random: Random
  /** Between the end of a right and its return, longer than the bounds, so that the checks see both. */
  readonly pauseMs: readonly [least: number, most: number]
  /** The end of the run ends these pauses. */
  readonly until: AbortSignal
}

export function createSubjectChanges({ make, subjects, random, pauseMs, until }: SubjectChangesOptions): SubjectChanges {
  const wait = () => pause(random.between(...pauseMs), until)
  const ofOrganization = ({ slug }: Subject) => ({ ...inRealm, organization: slug })
  const ofClient = ({ clientId }: Subject) => ({ ...inRealm, client: clientId })

  async function create(slug: string): Promise<Subject> {
    const subject: Subject = {
      slug,
      clientId: `client-${slug}`,
      secrets: [],
      tokens: [],
      tokenRight: undefined,
      cuts: 0,
      isDoubtful: false,
    }
    subjects.push(subject)
    const { organization } = rightsOf(subject)
    await make(subject, 'organizations.create', { params: inRealm, body: { slug, name: slug } }, { [organization]: 'granted' })
    await authorize(subject)
    await createClient(subject)
    return subject
  }

  const authorize = (subject: Subject) =>
    make(
      subject,
      'partners.authorize',
      { params: { ...ofOrganization(subject), partner }, body: { name: 'Seller' } },
      granted(subject, 'partner'),
    )

  /** A client and its secret; if the response with the secret is lost, it is deleted and created again. */
  async function createClient(subject: Subject): Promise<void> {
    for (;;) {
      const right = secretRightOf(subject, ++numberOfSecrets)
      const body = { organization: subject.slug, clientId: subject.clientId, name: subject.slug }
      const { answer } = await make(subject, 'clients.create', { params: inRealm, body }, { [right]: 'granted', ...nextTokens(subject) })
      await passCut(subject)
      if (!answer || subject.isDoubtful) return
      if (answer.clientSecret !== null) return void subject.secrets.push({ right, value: answer.clientSecret })
      await make(subject, 'clients.delete', { params: ofClient(subject) }, cut(subject))
    }
  }
  let numberOfSecrets = 0

  const steps: Record<string, (subject: Subject) => Promise<void>> = {
    async disable(subject) {
      await make(subject, 'clients.update', { params: ofClient(subject), body: { enabled: false } }, ended(subject, 'client'))
      await wait()
      if (!subject.isDoubtful)
        await make(subject, 'clients.update', { params: ofClient(subject), body: { enabled: true } }, granted(subject, 'client'))
    },
    async suspend(subject) {
      await make(subject, 'organizations.suspend', { params: ofOrganization(subject), body: {} }, ended(subject, 'organization'))
      await wait()
      if (!subject.isDoubtful)
        await make(subject, 'organizations.resume', { params: ofOrganization(subject) }, granted(subject, 'organization'))
    },
    async withdraw(subject) {
      await make(subject, 'partners.withdraw', { params: { ...ofOrganization(subject), partner } }, ended(subject, 'partner'))
      await wait()
      if (!subject.isDoubtful) await authorize(subject)
    },
    async cutTokens(subject) {
      const effects = cut(subject)
      await make(subject, 'organizations.cutTokens', { params: ofOrganization(subject), body: { reason: 'soak' } }, effects)
      await passCut(subject)
    },
    async recreate(subject) {
      await make(subject, 'clients.delete', { params: ofClient(subject) }, { ...cut(subject), ...endOfSecrets(subject) })
      await wait()
      if (!subject.isDoubtful) await createClient(subject)
    },
    async revokeSecret(subject) {
      const right = secretRightOf(subject, ++numberOfSecrets)
      const started = await make(subject, 'rotation.start', { params: ofClient(subject), body: {} }, { [right]: 'granted' })
      const old = started.answer?.secrets.at(-1)
      const value = started.answer?.clientSecret
      if (subject.isDoubtful || !old) return
      if (typeof value !== 'string') return steps['recreate']!(subject)
      await wait()
      if (subject.isDoubtful) return
      const effects = { ...cut(subject), ...endOfSecrets(subject) }
      await make(subject, 'secrets.revoke', { params: { ...ofClient(subject), secret: old.id }, body: { reason: 'soak' } }, effects)
      await passCut(subject)
      subject.secrets.push({ right, value })
    },
  }

  return {
    create,
    async changeOnce(subject) {
      await steps[random.pick(Object.keys(steps))]!(subject)
      await wait()
    },
    async endForGood(subject) {
      subject.tokenRight = undefined
      // With a new name it is a change whatever the store has. The client may not exist any more.
      const body = { enabled: false, name: randomUUID() }
      await make(subject, 'clients.update', { params: ofClient(subject), body }, ended(subject, 'client'))
      await wait()
    },
  }

  async function passCut(subject: Subject): Promise<void> {
    await pause(cutReachMs)
    subject.tokenRight = tokenRightOf(subject, subject.cuts)
  }
}
