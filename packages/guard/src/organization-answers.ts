// What a guard learned about single partners and requestors of organizations that have too many for their documents. The ids come from
// requests, so a token holder chooses them: at no limit does one organization displace what is known of another that asks less.
import type { Partner } from '@countersign/protocol'
import type { Membership, RequestorPermissions } from './entitlement-index.ts'
import { createRecentMap } from './recent-map.ts'

export interface OrganizationAnswers {
  readonly partners: Answers<Partner>
  readonly requestors: Answers<RequestorPermissions>
}

export interface Answers<Member> extends Membership<Member> {
  readonly size: number
  /** Null: there is no such member. */
  learn(id: string, member: Member | null): void
  clear(): void
}

export interface AnswerMemory {
  /** For one organization. */
  create(): OrganizationAnswers
  /** They count no longer; to be called when the organization is forgotten. */
  release(answers: OrganizationAnswers): void
  clear(): void
}

/** Of partners and of requestors each. An organization has only so many members, but unknown ids without end: these have their own limit. */
const maxMembers = 10_000
const maxUnknownIds = 1000

/** Over all organizations, at roughly 250 bytes each. At this limit the organization with the most answers loses its own. */
const maxAnswers = 40_000

export function createAnswerMemory(limit = maxAnswers): AnswerMemory {
  const memories = new Set<OrganizationAnswers>()
  let learned = 0

  function onLearn(): void {
    if (++learned < limit) return
    const sizes = Array.from(memories, (answers) => ({ answers, size: answers.partners.size + answers.requestors.size }))
    // What was evicted or released is not subtracted before.
    learned = sizes.reduce((total, { size }) => total + size, 0)
    if (learned < limit) return
    const largest = sizes.reduce((one, other) => (other.size > one.size ? other : one))
    largest.answers.partners.clear()
    largest.answers.requestors.clear()
    learned -= largest.size
  }

  return {
    create() {
      const answers = { partners: createAnswers<Partner>(onLearn), requestors: createAnswers<RequestorPermissions>(onLearn) }
      memories.add(answers)
      return answers
    },
    release: (answers) => memories.delete(answers),
    clear: () => memories.clear(),
  }
}

function createAnswers<Member>(onLearn: () => void): Answers<Member> {
  const members = createRecentMap<Member>(maxMembers)
  const unknownIds = createRecentMap<true>(maxUnknownIds)
  return {
    get size() {
      return members.size + unknownIds.size
    },
    find: (id) => members.get(id) ?? (unknownIds.get(id) ? null : undefined),
    learn(id, member) {
      if (member === null) unknownIds.set(id, true)
      else members.set(id, member)
      onLearn()
    },
    clear() {
      members.clear()
      unknownIds.clear()
    },
  }
}
