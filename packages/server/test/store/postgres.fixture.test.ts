import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { Client } from 'pg'
import { aPostgresDatabase, skipWithoutPostgres, startPostgres } from './postgres.fixture.ts'
import { eventually } from './processes.fixture.ts'

const skip = skipWithoutPostgres()

async function ask(url: string, question: string): Promise<unknown> {
  const connection = new Client({ connectionString: url, query_timeout: 300 })
  connection.on('error', () => {})
  await connection.connect()
  try {
    return (await connection.query(question)).rows[0]
  } finally {
    void connection.end()
  }
}

test('every test has its own database, and no access to others', { skip }, async (t) => {
  const [one, other] = [await aPostgresDatabase(t), await aPostgresDatabase(t)]
  await ask(one, 'create table mine (name text)')
  await assert.rejects(ask(other, 'select * from mine'), /does not exist/)
  await assert.rejects(ask(other, 'create role another'), /permission denied/)
})

test('a server can be killed, started again, frozen and thawed', { skip }, async (t) => {
  const server = await startPostgres()
  t.after(() => server.close())
  await ask(server.url, 'create table kept (name text)')
  await server.kill()
  await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })
  await server.start()
  const connection = new Client({ connectionString: server.url, query_timeout: 300 })
  await connection.connect()
  server.freeze()
  await assert.rejects(connection.query('select 1'), /timeout/)
  server.thaw()
  assert.deepEqual((await connection.query('select count(*)::int as rows from kept')).rows, [{ rows: 0 }])
  await connection.end()
  await server.stop()
  await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })
})

test('the server of a killed process is stopped', { skip }, async () => {
  const program = `
    import { startPostgres } from '${import.meta.resolve('./postgres.fixture.ts')}'
    console.log((await startPostgres()).url)
    setInterval(() => {}, 1000)`
  const options = ['--conditions=@countersign/source', '--input-type=module', '--eval', program]
  const owner = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  const url = line.toString().trim()
  await ask(url, 'select 1')
  owner.kill('SIGKILL')
  await eventually('nobody listens any more', async () =>
    ask(url, 'select 1').then(
      () => false,
      () => true,
    ),
  )
})
