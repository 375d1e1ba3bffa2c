// What changes of a subject make of its rights.
import type { Change } from './journal.ts'
import { rightsOf, tokenRightOf, type Subject } from './subject.ts'

type Effects = Change['effects']
type Right = keyof ReturnType<typeof rightsOf>

export const ended = (subject: Subject, right: Right): Effects => ({ [rightsOf(subject)[right]]: 'ended' })
export const granted = (subject: Subject, right: Right): Effects => ({ [rightsOf(subject)[right]]: 'granted' })

export function endOfSecrets({ secrets }: Subject): Effects {
  return Object.fromEntries(secrets.map(({ right }) => [right, 'ended']))
}

/** All tokens until now end; those that are requested meanwhile are in doubt. */
export function cut(subject: Subject): Effects {
  const before = tokenRightOf(subject, subject.cuts)
  return { [before]: 'ended', ...nextTokens(subject) }
}

/** Tokens that are requested from now on have another right; which ones, is known only after the change. */
export function nextTokens(subject: Subject): Effects {
  subject.tokenRight = undefined
  return { [tokenRightOf(subject, ++subject.cuts)]: 'granted' }
}
