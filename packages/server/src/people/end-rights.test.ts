import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { randomPart } from '../idp/flow.ts'
import { openStore, type Store } from '../store/store.ts'
import { endRights } from './end-rights.ts'
import { recordPerson } from './people-of-idp.ts'

const now = Date.UTC(2026, 0, 15)
const of = { realm: 'nt24', organizationId: 'acme' }
const mia = { issuer: 'https://sso.example', subject: 'mia', name: 'Mia Wong', address: null }

/** Of an organization whose person Mia has signed in with these groups. */
async function aStore(t: TestContext, groups: readonly string[]) {
  const { db, transact, close } = await openStore('sqlite::memory:')
  t.after(close)
  const names = { id: of.organizationId, realm: of.realm, slug: 'acme', name: 'Acme', status: 'active', capabilities: '[]' } as const
  await db
    .insertInto('organizations')
    .values({ ...names, tokens_not_before: 0, created_at: now, updated_at: now })
    .execute()
  const flow = { party: 'acme', state: randomPart(), nonce: randomPart(), verifier: randomPart(), returnTo: '/portal', beganAt: now }
  const identity = { ...mia, groups, idpSession: undefined, provenAt: now }
  const id = await recordPerson({ transact }, { identity, groups, isAdmin: true, flow, of, now })
  let changes = 0
  const counting: Pick<Store, 'db' | 'transact'> = {
    db,
    transact: (work) => {
      changes++
      return transact(work)
    },
  }
  /** Returns how many transactions it took. */
  const end = async (subject = 'mia') => {
    const before = changes
    await endRights(counting, of, { issuer: mia.issuer, subject }, now)
    return changes - before
  }
  return { db, id, end }
}

test('abuse 159: the rights of a person end once; after that, and for unknown people, nothing waits for the lock of changes', async (t) => {
  const { end } = await aStore(t, ['admins'])
  assert.deepEqual([await end('unknown'), await end(), await end(), await end()], [0, 1, 0, 0])
})

test('a person without groups, whose role was that of everyone, loses sessions and open invitations', async (t) => {
  const { db, id, end } = await aStore(t, [])
  const times = { signed_in_at: now, seen_at: now, confirmed_at: now, ends_at: now + 1 }
  await db
    .insertInto('sessions')
    .values({ digest: 'x', id: 'x', mount: 'portal', person: id, address: '', user_agent: '', ...times })
    .execute()
  assert.deepEqual([await end(), await end()], [1, 0])
  assert.deepEqual(await db.selectFrom('sessions').select('id').execute(), [])
  const invitation = {
    id: 'y',
    digest: 'y',
    organization_id: of.organizationId,
    role: 'viewer',
    invited_by: 'Mia Wong',
    inviter: id,
  } as const
  await db
    .insertInto('invitations')
    .values({ ...invitation, created_at: now, ends_at: now + 1 })
    .execute()
  assert.deepEqual([await end(), await end()], [1, 0])
  const { withdrawn_at } = await db.selectFrom('invitations').select('withdrawn_at').executeTakeFirstOrThrow()
  assert.equal(withdrawn_at, now)
})
