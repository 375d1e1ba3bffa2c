import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchBusyError } from './fetch-error.ts'
import { createNameResolver } from './resolve-names.ts'

const address = [{ address: '1.1.1.1', family: 4 }]
const never = () => new Promise<never>(() => {})

test('a name that its name servers answer for is no question to the system', async () => {
  const resolve = createNameResolver({ askServers: async () => address, askSystem: () => assert.fail('asked') })
  assert.deepEqual(await resolve('idp.example'), address)
})

test('what the name servers do not have is asked of the system: a name of the hosts file, or one without a dot', async () => {
  const asked: string[] = []
  const askSystem = async (name: string) => {
    asked.push(name)
    return address
  }
  const resolve = createNameResolver({ askServers: async () => [], askSystem })
  for (const name of ['idp.internal', 'keycloak']) assert.deepEqual(await resolve(name), address)
  assert.deepEqual(asked, ['idp.internal', 'keycloak'])
  assert.equal(
    (await createNameResolver()('localhost')).some(({ address: one }) => one === '127.0.0.1' || one === '::1'),
    true,
  )
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

test('the system is asked for one name at a time, and who waits too long or behind too many is refused', async () => {
  const { promise: slow, resolve: end } = Promise.withResolvers<typeof address>()
  let running = 0
  let most = 0
  let now = 0
  const askSystem = async (name: string) => {
    most = Math.max(most, ++running)
    const found = name === 'slow' ? await slow : address
    running--
    return found
  }
  const resolve = createNameResolver({ askSystem, now: () => now })
  const first = resolve('slow')
  const others = Array.from({ length: 30 }, () => resolve('other').catch((error: unknown) => error))
  const refused = await Promise.race([others.at(-1), never()])
  assert.ok(refused instanceof FetchBusyError)
  now = 3001
  end(address)
  assert.deepEqual(await first, address)
  for (const other of await Promise.all(others)) assert.ok(other instanceof FetchBusyError)
  assert.deepEqual(await resolve('other'), address)
  assert.equal(most, 1)
})
