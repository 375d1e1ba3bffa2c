// The two forms of the options of a guard: with one issuer, or with a list of issuers and what they share.
import { refuseUnknownOptions } from '@countersign/protocol'

/** The names of an issuer in challenges, problems and `GET /v1/me`. */
export interface IssuerNames {
  readonly issuer: string
  readonly realm: string
  /** The base of the problem pages: `{publicUrl}/problems/{code}`. */
  readonly publicUrl: string
}

export interface IssuerEntry<Entry> {
  /** Before the name of an option in messages, such as `issuers[1].`; empty in the form with one issuer. */
  readonly at: string
  readonly entry: Entry
}

/**
 * Returns the options of each issuer. Checks their names and that no issuer is there twice, not their values.
 * @param ofIssuer the names of the options that each issuer has; `shared` of those of the guard
 * @throws TypeError naming the option.
 */
export function listIssuers<Entry extends { readonly issuer: string }>(
  owner: string,
  options: Entry | { readonly issuers: readonly Entry[] },
  { ofIssuer, shared }: { readonly ofIssuer: readonly string[]; readonly shared: readonly string[] },
): readonly IssuerEntry<Entry>[] {
  refuseUnknownOptions(owner, options, [...ofIssuer, ...shared, 'issuers'])
  const { issuers } = options as { issuers?: unknown }
  if (issuers === undefined) return [{ at: '', entry: options as Entry }]
  const misplaced = ofIssuer.find((name) => (options as Readonly<Record<string, unknown>>)[name] !== undefined)
  if (misplaced !== undefined)
    throw new TypeError(`${owner}: "${misplaced}" stands beside "issuers"; each issuer has its own, inside the list`)
  if (!Array.isArray(issuers) || issuers.length === 0) throw new TypeError(`${owner}: "issuers" is not a list of at least one issuer`)
  const entries = (issuers as readonly Entry[]).map((entry, index) => ({ at: `issuers[${index}].`, entry }))
  for (const { at, entry } of entries) refuseUnknownOptions(`${owner}, ${at.slice(0, -1)}`, entry, ofIssuer)
  refuseRepeated(entries.map(({ entry: { issuer } }) => issuer))
  return entries
}

function refuseRepeated(issuers: readonly unknown[]): void {
  const index = issuers.findIndex((issuer, at) => issuers.indexOf(issuer) !== at)
  if (index >= 0)
    throw new TypeError(`"issuers[${index}].issuer" is that of issuers[${issuers.indexOf(issuers[index])}]; an issuer has one entry`)
}
