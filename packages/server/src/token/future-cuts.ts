// Cuts that lie in the future, because a clock was ahead when they were made: until then every guard rejects every token that they apply
// to. They are reported with the command that lowers them, and shown by the admin API; nothing lowers them by itself.
import type { ClientRecord } from '../cache/records.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { isFutureCut } from './token-cut.ts'

export interface Cut {
  readonly of: 'client' | 'organization' | 'realm'
  readonly realm: string
  /** The client id or the slug; of a realm, its name. */
  readonly name: string
  /** Seconds since the epoch. */
  readonly tokensNotBefore: number
}

export interface FutureCutAlarm {
  /** Reports the cut if it lies in the future: in the log at most once an hour, and as a warning until then or until it was lowered. */
  check(cut: Cut): void
  /** The cuts of clients and organizations that are known to lie in the future. */
  stored(): readonly Cut[]
  /** Checks the three cuts that apply to a token which is issued. */
  checkAll(realm: Realm, client: ClientRecord): void
  warning(): string | undefined
  /** The number of cuts that are known to lie in the future. */
  count(): number
}

const quietMs = 3_600_000
/** Above this number of cuts, only the count of what is known is too small. */
const maxRemembered = 1000

export function createFutureCutAlarm(log: Pick<Log, 'error'>, clock: Clock): FutureCutAlarm {
  const known = new Map<string, { readonly cut: Cut; readonly loggedAt: number }>()

  const current = (): number => {
    for (const [key, { cut }] of known) if (!isFutureCut(cut.tokensNotBefore, clock())) known.delete(key)
    return known.size
  }

  function check(cut: Cut): void {
    const now = clock()
    const isAhead = isFutureCut(cut.tokensNotBefore, now)
    if (!isAhead && known.size === 0) return
    const key = `${cut.of} ${cut.realm} ${cut.name}`
    if (!isAhead) return void known.delete(key)
    const before = known.get(key)
    if (before?.cut.tokensNotBefore === cut.tokensNotBefore && Math.abs(now - before.loggedAt) < quietMs) return
    if (!before && known.size >= maxRemembered) return
    known.set(key, { cut, loggedAt: now })
    log.error({ cut }, describe(cut))
  }

  return {
    check,
    checkAll(realm, client) {
      const { organization } = client
      check({ of: 'client', realm: realm.name, name: client.clientId, tokensNotBefore: client.tokensNotBefore })
      check({ of: 'organization', realm: realm.name, name: organization.slug, tokensNotBefore: organization.tokensNotBefore })
      check({ of: 'realm', realm: realm.name, name: realm.name, tokensNotBefore: realm.tokensNotBefore })
    },
    count: current,
    stored: () => [...known.values()].map(({ cut }) => cut).filter(({ of }) => of !== 'realm'),
    warning() {
      const count = current()
      return count === 0 ? undefined : `tokens are rejected because of ${count} cuts that lie in the future; the log says how to lower them`
    },
  }
}

function describe(cut: Cut): string {
  const until = new Date(cut.tokensNotBefore * 1000).toISOString().replace('.000Z', 'Z')
  return (
    `Every token of the ${cut.of} "${cut.name}"${cut.of === 'realm' ? '' : ` of the realm "${cut.realm}"`} is rejected until ${until}: ` +
    `all tokens before then were cut, by a clock that was ahead. If the clock is right now, ${howToLower(cut)}`
  )
}

function howToLower({ of, realm, name }: Cut): string {
  if (of === 'realm') return `correct "tokensNotBefore" of the realm in the configuration, and restart the server.`
  // Operators whose own tokens are rejected cannot use the admin API.
  if (realm === operatorsRealmName) return 'run: countersign operator lower-cuts --config FILE'
  return `run: countersign ${of} lower-cut ${name} --realm ${realm} --reason 'A clock was ahead'`
}
