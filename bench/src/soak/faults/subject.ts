// A client of a run with the rights that calls in its name need. Known clients are never changed; the others lose rights and get them back.
import type { Random } from './random.ts'

export const partner = '7d0d47e2-3f14-4f6a-9d2e-5f4b1a1c0a01'

export interface HeldSecret {
  /** The name of its right. */
  readonly right: string
  readonly value: string
}

export interface HeldToken {
  readonly token: string
  /** The name of the right of all tokens between two cuts. */
  readonly right: string
  readonly receivedAt: number
}

export interface Subject {
  readonly slug: string
  readonly clientId: string
  /** The newest one last; older ones have ended. */
  readonly secrets: HeldSecret[]
  /** The newest one last. */
  readonly tokens: HeldToken[]
  /** The right of tokens that are requested now; undefined while a cut may or may not include them. */
  tokenRight: string | undefined
  cuts: number
  /** A failover lost a change, so nothing is known of its rights except what is changed afterwards. */
  isDoubtful: boolean
}

export const rightsOf = ({ slug }: Pick<Subject, 'slug'>) => ({
  client: `client of ${slug}`,
  organization: `organization ${slug}`,
  partner: `partner of ${slug}`,
})

export const tokenRightOf = ({ slug }: Pick<Subject, 'slug'>, cuts: number): string => `tokens of ${slug} after cut ${cuts}`
export const secretRightOf = ({ slug }: Pick<Subject, 'slug'>, number: number): string => `secret ${number} of ${slug}`

/** Tokens live for five minutes; one that a load holds must not expire while clocks differ. */
const heldForMs = 120_000

export function keepToken(subject: Subject, held: HeldToken): void {
  subject.tokens.push(held)
  if (subject.tokens.length > 5) subject.tokens.shift()
}

/** Mostly the newest token, sometimes an older one, which may have been cut. */
export function pickToken({ tokens }: Subject, random: Random, now: number): HeldToken | undefined {
  const held = tokens.filter(({ receivedAt }) => now - receivedAt < heldForMs)
  return random.next() < 0.6 ? held.at(-1) : random.pick(held)
}

/** Mostly the newest secret: denied requests make the server slow down the client. */
export function pickSecret({ secrets }: Subject, random: Random): HeldSecret | undefined {
  return random.next() < 0.9 ? secrets.at(-1) : secrets.at(-2)
}
