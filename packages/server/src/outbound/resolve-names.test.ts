import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchBusyError, FetchError } from './fetch-error.ts'
import { createNameResolver } from './resolve-names.ts'

const address = [{ address: '1.1.1.1', family: 4 }]
const never = () => new Promise<never>(() => {})

test('a name that its name servers answer for is no question to the system', async () => {
  const resolve = createNameResolver({ askServers: async () => address, askSystem: () => assert.fail('asked') })
  assert.deepEqual(await resolve('idp.example'), address)
})

test('a name of the hosts file has the addresses there, whatever the name servers say', async () => {
  const pinned = [{ address: '10.0.0.1', family: 4 }]
  const resolve = createNameResolver({
    findInHosts: async (name) => (name === 'idp.example' ? pinned : []),
    askServers: async () => address,
  })
  assert.deepEqual(await resolve('idp.example'), pinned)
  assert.deepEqual(await resolve('other.example'), address)
  assert.equal(
    (await createNameResolver()('localhost')).some(({ address: one }) => one === '127.0.0.1' || one === '::1'),
    true,
  )
})

test('what the name servers do not have is asked of the system if no zone of the internet can have it', async () => {
  const asked: string[] = []
  const askSystem = async (name: string) => {
    asked.push(name)
    return address
  }
  for (const askServers of [async () => [], () => Promise.reject(new FetchError('ESERVFAIL'))]) {
    const resolve = createNameResolver({ askServers, askSystem })
    for (const name of ['idp.internal', 'keycloak', 'keycloak.auth.svc', 'printer.local.']) assert.deepEqual(await resolve(name), address)
  }
  assert.deepEqual([...new Set(asked)], ['idp.internal', 'keycloak', 'keycloak.auth.svc', 'printer.local.'])
})

test('a zone that says it does not have a name, and then does not answer, cannot keep the system busy', async () => {
  const resolve = createNameResolver({
    askServers: async () => [],
    askSystem: (name) => (name.startsWith('hostile') ? never() : Promise.resolve(address)),
  })
  for (const name of ['hostile.example', 'hostile.internal.example', 'hostile.com.']) assert.deepEqual(await resolve(name), [])
  const fails = createNameResolver({ askServers: () => Promise.reject(new FetchError('ESERVFAIL')), askSystem: () => assert.fail('asked') })
  await assert.rejects(fails('hostile.example'), /ESERVFAIL/)
  assert.deepEqual(await resolve('keycloak'), address)
})

test('names whose servers do not answer take no thread of the system, and hold up no other name', async () => {
  let asked = 0
  const askServers = (name: string) => (name.startsWith('slow') ? never() : Promise.resolve(address))
  const askSystem = async () => {
    asked++
    return address
  }
  const resolve = createNameResolver({ askServers, askSystem })
  for (let one = 0; one < 99; one++) void resolve(`slow-${one}.example`)
  assert.deepEqual(await resolve('idp.example'), address)
  void resolve('slow-99.example')
  await assert.rejects(resolve('idp.example'), FetchBusyError)
  assert.equal(asked, 0)
})

test('the system is asked for one name at a time, and a name that waits too long or behind too many is refused', async () => {
  const { promise: slow, resolve: end } = Promise.withResolvers<typeof address>()
  let running = 0
  let most = 0
  let asked = 0
  const askSystem = async (name: string) => {
    asked++
    most = Math.max(most, ++running)
    const found = name === 'slow' ? await slow : address
    running--
    return found
  }
  const resolve = createNameResolver({ askServers: async () => [], askSystem, maxSystemMs: 50 })
  const names = ['slow', ...Array.from({ length: 30 }, (_, one) => `other-${one}`)]
  for (const error of await Promise.all(names.map((name) => resolve(name).catch((reason: unknown) => reason))))
    assert.ok(error instanceof FetchBusyError)
  await assert.rejects(resolve('slow'), FetchBusyError)
  end(address)
  assert.deepEqual(await resolve('other'), address)
  assert.deepEqual([most, asked], [1, 2])
})

test('a name that the system was slow for is not asked for again for a minute', async () => {
  let now = 0
  let asked = 0
  const askSystem = async () => {
    asked++
    now += 51
    return address
  }
  const resolve = createNameResolver({ askServers: async () => [], askSystem, now: () => now, maxSystemMs: 50 })
  assert.deepEqual(await resolve('slow'), address)
  now += 59_999
  await assert.rejects(resolve('slow'), { name: 'FetchError' })
  assert.equal(asked, 1)
  now += 1
  assert.deepEqual(await resolve('slow'), address)
})
