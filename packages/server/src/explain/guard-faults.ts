// What a guard reports of a request that it could not decide, in words for people: the kind of its RemoteGuardError stands in parentheses.
import type { RemoteGuardFault } from '@countersign/guard'
import type { CheckResult } from '@countersign/protocol'
import type { RefusedRequest } from './refused-request.ts'

const words: Readonly<Record<RemoteGuardFault, string>> = {
  url: 'a URL of the guard is wrong',
  issuer: 'the issuer of the guard is wrong',
  audience: 'the audience of the guard is wrong',
  network: 'the guard could not reach this server',
  credentials: 'this server refused the client of the guard',
  scope: 'the client of the guard lacked a scope',
  tokens: 'the guard denied its own token',
  fetch: 'the "fetch" of the guard was unusable',
  reports: 'the guard could not report',
  server: 'this server failed',
}

/** At the end of a report, with the code of the error. */
const kindOfFault = /^(.+ could not be had) \((\w{1,20})(?:, [\w.-]{1,64})?\)$/

/** The source that the guard could not ask; undefined if it reported none. */
export function whatWasMissing(request: Pick<RefusedRequest, 'detail'>): string | undefined {
  return undecidedCheck(request)?.saw ?? undefined
}

/** The check that could not be made. */
export function undecidedCheck({ detail }: Pick<RefusedRequest, 'detail'>): CheckResult | undefined {
  return detail.checks?.find(({ result, saw }) => result === 'not-reached' && saw !== null)
}

export function faultOf(missing: string | undefined): RemoteGuardFault | undefined {
  const kind = kindOfFault.exec(missing ?? '')?.[2] ?? ''
  return Object.hasOwn(words, kind) ? (kind as RemoteGuardFault) : undefined
}

/** What a check saw, as people read it. The reports themselves stay as they are: servers of earlier versions read them. */
export function inWords(saw: string): string {
  if (saw === 'expired 0 s ago') return 'expired less than a second ago'
  const fault = faultOf(saw)
  return fault === undefined ? saw : `${kindOfFault.exec(saw)![1]}, because ${words[fault]}`
}
