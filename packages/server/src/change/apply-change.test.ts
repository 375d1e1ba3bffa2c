import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openStore } from '../store/store.ts'
import type { ChangeKind } from '../audit/events/kinds.ts'
import { createApplyChange, type Actor, type ChangeRecord } from './apply-change.ts'

const actor: Actor = {
  kind: 'operator',
  via: 'api',
  realm: 'operators',
  clientId: 'operator',
  organizationId: 'operators',
  address: '127.0.0.1',
  requestId: 'request-1',
}
const subject = { realm: 'prod', organizationId: 'acme' }
const ofAcme: ChangeRecord = { subject, changed: 'rights', detail: {} }

/** Changes to an empty store, with the audit events written and the cache entries cleared. */
async function givenChanges(t: TestContext, { failsAt = Infinity } = {}) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const ended: boolean[] = []
  const forgotten: string[] = []
  const applied: number[] = []
  let events = 0
  const audit = {
    async record() {
      if (++events === failsAt) throw new Error('the disk is full')
      return (committed: boolean) => void ended.push(committed)
    },
  }
  const memory = {
    cache: {
      forgetClient: (realm: string, id: string) => void forgotten.push(`client ${realm} ${id}`),
      forgetRights: (id: string) => void forgotten.push(`rights of ${id}`),
      forgetOrganization: (id: string) => void forgotten.push(id),
      forgetRealm: async (realm: string) => void forgotten.push(`realm ${realm}`),
      forgetClaimSets: async () => {},
      forgetAll: async () => {},
    },
    signingKeys: { reload: async (realm: string) => void forgotten.push(`keys of ${realm}`), reloadAll: async () => {} },
  }
  const applyChange = createApplyChange({
    store,
    memory,
    audit,
    clock: () => 1000,
    ring: { announce: () => {}, append: (changes) => void applied.push(...changes.map(({ number }) => number)) },
  })
  const apply = (...records: ChangeRecord[]) =>
    applyChange(actor, 'organizations.update' as ChangeKind, async ({ record }) => {
      for (const one of records) record(one)
    })
  const countLogged = async () => (await store.db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()).value
  return { apply, ended, forgotten, applied, countLogged }
}

test('after a change the cache entries of all its records are cleared', async (t) => {
  const { apply, ended, forgotten, countLogged } = await givenChanges(t)
  await apply(
    ofAcme,
    { ...ofAcme, subject: { ...subject, organizationId: 'beta', clientId: 'backend' }, changed: 'client' },
    { subject: { realm: 'other' }, changed: 'rights', detail: {} },
    { subject: { realm: 'prod' }, changed: 'keys', detail: {} },
  )
  assert.deepEqual(forgotten.toSorted(), ['client prod backend', 'keys of prod', 'realm other', 'rights of acme'])
  assert.deepEqual([ended, await countLogged()], [[true, true, true, true], 4])
})

test('if one event cannot be written none is, and the chain of the audit log skips their numbers', async (t) => {
  const { apply, ended, countLogged } = await givenChanges(t, { failsAt: 3 })
  await assert.rejects(apply(ofAcme, ofAcme, ofAcme), /disk is full/)
  assert.deepEqual([ended, await countLogged()], [[false, false], 0])
})

test('a change that affects no cache has its event and no row in the change log', async (t) => {
  const { apply, ended, forgotten, countLogged } = await givenChanges(t)
  await apply({ ...ofAcme, changed: 'nothing' })
  assert.deepEqual([ended, forgotten, await countLogged()], [[true], [], 0])
})

test('a change without a record is an error and is rolled back', async (t) => {
  const { apply } = await givenChanges(t)
  await assert.rejects(apply(), /"organizations.update" records nothing/)
})
