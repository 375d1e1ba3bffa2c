// A realm whose cut is in the future would issue tokens that every guard rejects until then: the server does not start with it.
import type { Realm } from '../realms/realm.ts'
import { ConfigurationError } from './configuration.ts'

/** @param now milliseconds since the epoch @throws ConfigurationError that names each such realm */
export function refuseFutureCuts(realms: Iterable<Realm>, now: number): void {
  const toText = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
  const faults = [...realms]
    .filter(({ tokensNotBefore }) => tokensNotBefore * 1000 > now)
    .map(
      ({ name, tokensNotBefore }) =>
        `realms.${name}.tokensNotBefore: expected an instant that has passed, found "${toText(tokensNotBefore * 1000)}", which is in the future`,
    )
  if (faults.length === 0) return
  throw new ConfigurationError(
    `The configuration is invalid:\n  ${faults.join('\n  ')}\n` +
      `Until then no guard would accept a token. The clock of this machine reads ${toText(now)}: to invalidate all tokens issued so far, ` +
      `write that; if it is wrong, set the clock.`,
  )
}
