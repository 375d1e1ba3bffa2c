// Passkeys belong to the host of the portal: at another one no browser offers them. The store has the host that they were made for.
import type { Kysely } from 'kysely'
import type { Log } from '../log.ts'
import type { Schema } from '../store/schema.ts'

const settingName = 'passkey-host'

/** In the transaction in which a passkey is made. */
export async function notePasskeyHost(db: Kysely<Schema>, host: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name: settingName, value: host })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: host }))
    .execute()
}

/** At the start of a server. @param portalUrl undefined if the portal is off @throws any error of the store */
export async function checkPasskeyHost(db: Kysely<Schema>, portalUrl: string | undefined, log: Pick<Log, 'warn'>): Promise<void> {
  if (portalUrl === undefined) return
  const host = new URL(portalUrl).hostname
  const made = await db.selectFrom('settings').select('value').where('name', '=', settingName).executeTakeFirst()
  if (!made || made.value === host) return
  const { passkeys } = await db
    .selectFrom('passkeys')
    .select((select) => select.fn.countAll().as('passkeys'))
    .executeTakeFirstOrThrow()
  if (Number(passkeys) === 0) return
  log.warn(
    { host, passkeysMadeFor: made.value, passkeys: Number(passkeys) },
    `passkeys were made for the host ${made.value} and do not work at ${host}, where the portal is now: go back to a "portal.publicUrl" with that host, or invite the people again`,
  )
}
